"""Rotations that depend on the longest position: a reply is that of ``generate``, or refused, whatever ran before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from transformers import PreTrainedModel

from kvguard_policies.policy import Layout
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.planner import run_jobs, try_jobs
from pytest_kvguard.errors import PromptError
from pytest_kvguard.values.cell import Cell
from tests.families import family, generated, loaded
from tests.models import random_ids

BORDER, NEW, FED = 40, 6, 5
ROTATIONS = 6  # pairs of dimensions of a head of 12


def with_longrope(class_name: str = "Phi3Config", **settings: Any) -> PreTrainedModel:
    rope = {
        "rope_type": "longrope",
        "short_factor": [1.0] * ROTATIONS,
        "long_factor": [1.0 + 2 * n for n in range(ROTATIONS)],
        "original_max_position_embeddings": BORDER,
        "factor": 4.0,
        "rope_theta": 10000.0,
    }
    sizes = {"max_position_embeddings": 4 * BORDER, "original_max_position_embeddings": BORDER, "rope_parameters": rope}
    return family(class_name, **{"sliding_window": None, **sizes, **settings})


def with_dynamic_rotation() -> PreTrainedModel:
    rope = {"rope_type": "dynamic", "factor": 4.0, "rope_theta": 10000.0}
    return family("LlamaConfig", max_position_embeddings=16, rope_parameters=rope)


def job(tokens: int, cell: Cell | None = None, seed: int = 0) -> Job:
    return Job(tuple(random_ids(tokens, seed)), tokens - FED, Layout(tokens - FED), cell or Cell(), max_new_tokens=NEW)


@pytest.mark.parametrize("tokens", [20, BORDER - NEW, BORDER - NEW + 1, BORDER + FED + 1, BORDER + FED + 2, 3 * BORDER])
def test_replies_on_one_side_of_the_border_are_those_of_generate(tokens: int) -> None:
    model = with_longrope()
    answer = run_jobs(loaded(model), [job(tokens)])[0]
    assert list(answer.token_ids) == generated(model, job(tokens).token_ids, NEW)


@pytest.mark.parametrize("tokens", [BORDER - NEW + 2, BORDER, BORDER + 1, BORDER + FED])
@pytest.mark.parametrize("policy", ["", "knorm"])
def test_a_reply_across_the_border_is_refused_and_the_advice_holds(tokens: int, policy: str) -> None:
    model, cell = loaded(with_longrope()), Cell.of(policy, "0.5") if policy else Cell()
    outcome = try_jobs(model, [job(tokens, cell)])[0]
    assert isinstance(outcome, PromptError) and f"Past {BORDER}, random rotates every token otherwise" in str(outcome)
    shorter, longer = map(int, re.findall(r"by (\d+)", str(outcome)))
    outcomes = try_jobs(model, [job(tokens - shorter, cell), job(tokens + longer, cell)])
    assert all(isinstance(outcome, Generation) for outcome in outcomes)
    nearly = try_jobs(model, [job(tokens - shorter + 1, cell), job(tokens + longer - 1, cell)])
    assert all(isinstance(outcome, PromptError) for outcome in nearly)


def answers(model: PreTrainedModel, jobs: Sequence[Job]) -> dict[int, tuple[int, ...]]:
    replies = run_jobs(loaded(model), jobs)
    return {len(asked.token_ids): reply.token_ids for asked, reply in zip(jobs, replies, strict=True)}


@pytest.mark.parametrize("build", [with_dynamic_rotation, with_longrope])
def test_no_reply_depends_on_what_ran_before(build: Any) -> None:
    lengths = (20, 60, 90, 130)
    alone = {}
    for tokens in lengths:
        alone.update(answers(build(), [job(tokens)]))
    model = build()
    model(torch.tensor([random_ids(150)]))  # e.g. a test of the user's own
    assert answers(model, [job(tokens) for tokens in lengths]) == alone
    assert answers(model, [job(tokens) for tokens in reversed(lengths)]) == alone
    held = [replace(job(tokens, Cell.of("knorm", "0.5")), hold_budget=True) for tokens in lengths]
    assert answers(model, held) == {n: reply for one in held for n, reply in answers(build(), [one]).items()}
