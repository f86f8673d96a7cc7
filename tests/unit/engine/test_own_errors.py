"""A policy that cannot run on a model, or breaks on it, errs alone: neither the others nor the uncompressed arm do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from kvguard_policies.policy import AttentionCall, LayerRecord, Layout, Need, Observation, Policy, PolicyError, Scores
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.planner import try_jobs
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.cell import Cell
from tests.families import family, loaded
from tests.models import random_ids, random_model

TOKENS = 40
JOB = Job(tuple(random_ids(TOKENS)), TOKENS - 4, Layout(TOKENS - 4), max_new_tokens=4)


@dataclass(frozen=True)
class Unmeasurable(Observation):
    """An observation that breaks while it is measured."""

    def measure(self, call: AttentionCall) -> Tensor:
        raise ZeroDivisionError("there is nothing to measure")


@dataclass(frozen=True)
class BreaksInPrefill(Policy):
    """A policy whose observation breaks."""

    name: ClassVar[str] = "breaks_in_prefill"

    def needs(self, layout: Layout) -> frozenset[Need]:
        return frozenset({Need(Unmeasurable())})

    def score(self, layer: LayerRecord) -> Scores:
        raise AssertionError("never reached")


@dataclass(frozen=True)
class BreaksWhileDecoding(Policy):
    """A policy that scores a context, and breaks when the reply has begun."""

    name: ClassVar[str] = "breaks_while_decoding"

    def score(self, layer: LayerRecord) -> Scores:
        if int(layer.positions.max()) > JOB.region_tokens:
            raise PolicyError("this policy scores contexts only")
        values = torch.zeros(layer.positions.shape)
        return Scores(values, torch.zeros_like(layer.positions, dtype=torch.int8))


def outcomes(model: LoadedModel, *policies: str, kernel: str = "sdpa", held: bool = False) -> dict[str, object]:
    cells = [Cell(kernel=kernel), *(Cell.of(policy, "0.5", kernel) for policy in policies)]
    jobs = [replace(JOB, cell=cell, hold_budget=held and cell.compresses) for cell in cells]
    return dict(zip(["none", *policies], try_jobs(model, jobs), strict=True))


@pytest.fixture
def llama() -> LoadedModel:
    return LoadedModel("random", random_model("llama-no-gqa"), None, frozenset(), 4096)


def test_policies_that_cannot_read_a_models_attention_spoil_no_other_cell() -> None:
    model = loaded(family("GPT2Config"))  # it learned a vector for every position, and rotates nothing
    got = outcomes(model, "expected_attention", "knorm", "h2o", "fair(expected_attention)")
    assert [name for name, outcome in got.items() if isinstance(outcome, Generation)] == ["none", "knorm", "h2o"]
    assert "future queries cannot be modelled" in str(got["expected_attention"])
    assert got["none"].token_ids == outcomes(model)["none"].token_ids  # type: ignore[attr-defined]


def test_an_observation_that_breaks_is_the_error_of_its_policy(llama: LoadedModel) -> None:
    broken = f"{__name__}:BreaksInPrefill"
    got = outcomes(llama, "snapkv", broken, "knorm")
    assert isinstance(got[broken], ZeroDivisionError)
    assert all(isinstance(outcome, Generation) for name, outcome in got.items() if name != broken)
    assert got["snapkv"].token_ids == outcomes(llama, "snapkv")["snapkv"].token_ids  # type: ignore[attr-defined]


def test_a_policy_that_breaks_within_a_batch_leaves_the_other_rows_their_replies(llama: LoadedModel) -> None:
    broken = f"{__name__}:BreaksWhileDecoding"
    got = outcomes(llama, "knorm", broken, "streaming_llm", held=True)
    assert "scores contexts only" in str(got[broken])
    for name in ("none", "knorm", "streaming_llm"):
        alone = outcomes(llama, *({name} - {"none"}), held=True)[name]
        assert got[name].token_ids == alone.token_ids  # type: ignore[attr-defined]
