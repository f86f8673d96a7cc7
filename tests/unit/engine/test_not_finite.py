"""Numbers that are not finite end a job with an error, wherever they come from, and never a reply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch

from kvguard_policies import Layout, PolicyError
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.planner import try_jobs
from pytest_kvguard.engine.sampling import NO_TOKEN, Sampling, best_tokens
from pytest_kvguard.errors import RunError
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.cell import Cell
from tests.models import random_ids, random_model

IDS = tuple(random_ids(40))
JOB = Job(IDS, 36, Layout(36, groups=(((4, 12),),)), Cell(), max_new_tokens=6)
PLAIN_LOGITS = torch.arange(8.0)

JOBS: dict[str, Job] = {
    "uncompressed": JOB,
    "sampled": replace(JOB, sampling=Sampling(0.7, 0.9, "stream")),
    "recorded": replace(JOB, top_logits=4),
    "null arm, rounded": replace(JOB, rounded=True),
    "null arm, alone": replace(JOB, alone=True),
    "null arm, other kernel": replace(JOB, cell=Cell(kernel="eager")),
    **{
        spec: replace(JOB, cell=Cell.of(spec, "0.5"))
        for spec in ("streaming_llm", "random", "knorm", "snapkv", "expected_attention", "adakv(snapkv)", "kivi")
    },
    "budget held": replace(JOB, cell=Cell.of("streaming_llm", "0.5"), hold_budget=True),
    **{name: replace(JOB, cell=Cell.of(name, "0")) for name in ("static", "dynamic")},
}


@pytest.fixture(scope="module")
def own_model() -> LoadedModel:
    return LoadedModel("small", random_model("llama-two-kv-heads-of-three"), None, frozenset(), 256)


@pytest.fixture
def model(own_model: LoadedModel) -> Iterator[LoadedModel]:
    """A model whose weights are as before once a test has spoilt them."""
    sound = {name: weights.clone() for name, weights in own_model.model.state_dict().items()}
    yield own_model
    own_model.model.load_state_dict(sound)


def spoil(weights: Any, value: float) -> None:
    weights.data.fill_(value)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
@pytest.mark.parametrize("arm", JOBS)
def test_a_model_whose_weights_are_not_finite_answers_nothing(model: LoadedModel, arm: str, value: float) -> None:
    spoil(model.model.lm_head.weight, value)
    spoil(model.model.model.layers[0].self_attn.v_proj.weight, value)
    [outcome] = try_jobs(model, [JOBS[arm]])
    assert isinstance(outcome, RunError | PolicyError), outcome
    assert "NaN or infinite" in str(outcome) or "not finite" in str(outcome)


def test_the_error_names_the_arm_and_the_token(model: LoadedModel) -> None:
    spoil(model.model.lm_head.weight, torch.nan)
    plain, compressed = map(str, try_jobs(model, [JOB, JOBS["streaming_llm"]]))
    assert plain.startswith("the model's logits uncompressed are NaN or infinite at reply token 0, so that no token")
    assert compressed.startswith("the model's logits under streaming_llm 0.5 are NaN or infinite at reply token 0")


def test_other_rows_of_the_batch_are_as_without_it(model: LoadedModel) -> None:
    """One token of the vocabulary has no finite embedding; who reads it has no reply, and it harms nobody else."""
    sound = [replace(JOB, token_ids=tuple(random_ids(40, seed))) for seed in (3, 4)]
    spare = next(
        token for token in range(model.model.config.vocab_size) if not any(token in j.token_ids for j in sound)
    )
    expected = [outcome.token_ids for outcome in try_jobs(model, sound) if isinstance(outcome, Generation)]
    assert len(expected) == 2 and not any(spare in ids for ids in expected)
    spoilt = replace(JOB, token_ids=(*IDS[:-1], spare))
    spoil(model.model.model.embed_tokens.weight[spare], torch.nan)
    told: list[Job] = []
    first, broken, second = try_jobs(model, [sound[0], spoilt, sound[1]], on_generated=lambda job, _: told.append(job))
    assert isinstance(broken, RunError)
    assert [o.token_ids for o in (first, second) if isinstance(o, Generation)] == expected
    assert spoilt not in told and len(told) == 2


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_token_is_chosen_from_finite_logits_only(value: float) -> None:
    spoilt = PLAIN_LOGITS.clone()
    spoilt[3] = value
    masked = PLAIN_LOGITS.clone()
    masked[3] = -torch.inf
    nothing = torch.full((8,), -torch.inf)
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        rows = torch.stack([PLAIN_LOGITS, spoilt, masked, nothing]).to(dtype)
        assert best_tokens(rows).tolist() == [7, NO_TOKEN, 7, NO_TOKEN]
