"""Where a model caps its logits or has sinks, policies read the attention that its own eager code computes."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import PreTrainedModel

from kvguard_policies import Layout, load, prefill
from kvguard_policies.attention import ragged_attention
from kvguard_policies.compression import layer_record
from kvguard_policies.hf_cache import RaggedCache, cache_argument
from kvguard_policies.observations import ColumnSums, FutureQuery, LogitBounds, WindowAttention
from kvguard_policies.policy import Need
from kvguard_policies.recording import Recorder
from kvguard_policies.rotation import derived_rotary
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.planner import try_jobs
from pytest_kvguard.engine.self_check import check_model
from pytest_kvguard.values.cell import Cell
from tests.families import family, generated, loaded
from tests.models import random_ids

TOKENS, NEW, SPAN = 40, 6, (7, 21)
LAYOUT = Layout(TOKENS, ((SPAN,),), ((8, 10),))
SMALL: dict[str, Any] = {"head_dim": 16, "layer_types": ["sliding_attention", "full_attention"], "sliding_window": 8}
CAPPED: dict[str, Any] = {**SMALL, "query_pre_attn_scalar": 4, "attn_logit_softcapping": 1.5}
SINKING: dict[str, Any] = {**SMALL, "num_local_experts": 2, "num_experts_per_tok": 1}
UNUSUAL: dict[str, tuple[str, dict[str, Any]]] = {
    "softcap (Gemma 2)": ("Gemma2Config", CAPPED),
    "sinks (gpt-oss)": ("GptOssConfig", SINKING),
}
POLICIES = (
    *("adakv(snapkv)", "expected_attention", "fair(snapkv)", "h2o", "keep(tova)", "keydiff", "knorm"),
    *("observed_attention", "pyramidkv", "random", "snapkv", "streaming_llm", "tova"),
)
FULL = 1
"""The layer of the two that sees everything."""


@pytest.fixture(params=UNUSUAL)
def model(request: pytest.FixtureRequest) -> PreTrainedModel:
    class_name, settings = UNUSUAL[request.param]
    unusual = family(class_name, "eager", **settings)
    for name, weight in unusual.named_parameters():
        if name.endswith("sinks"):
            torch.nn.init.constant_(weight, 3.0)  # a large share of the attention
    return unusual


@torch.no_grad()
def eager_weights(model: PreTrainedModel, ids: list[int]) -> Tensor:
    """Return the weights (H, G, T, T) that the model's own code returns for the layer that sees everything."""
    exact: Any = copy.deepcopy(model).double()  # a sink's share is what the other weights miss, and may be small
    exact.set_experts_implementation("eager")
    output = exact(torch.tensor([ids]), output_attentions=True, use_cache=False)
    weights: Tensor = output.attentions[FULL][0]
    return weights.unflatten(0, (2, -1))


def assert_equal(observed: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(observed.double(), expected, atol=1e-5, rtol=1e-4)


def test_recorded_attention_is_that_of_the_models_own_code(model: PreTrainedModel) -> None:
    ids = random_ids(TOKENS)
    needs = [Need(ColumnSums()), Need(WindowAttention(16)), Need(WindowAttention(1))]
    observed = prefill(model, ids, LAYOUT, needs, "eager").recorder.observed[FULL]
    weights = eager_weights(model, ids)
    for need, expected in zip(needs, (weights.sum(2), weights[:, :, -16:].mean(2), weights[:, :, -1]), strict=True):
        assert_equal(observed[need], expected)


def test_a_span_is_observed_as_if_it_were_the_context_with_the_same_sinks(model: PreTrainedModel) -> None:
    ids = random_ids(TOKENS)
    local = Need(ColumnSums(), 1)
    observed = prefill(model, ids, LAYOUT, [local], "eager").recorder.observed[FULL][local]
    weights = eager_weights(model, ids)[:, :, slice(*SPAN)]
    sink = 1 - weights.sum(-1, keepdim=True)
    inside = weights[..., slice(*SPAN)]
    expected = inside / (inside.sum(-1, keepdim=True) + sink)
    assert_equal(observed, expected.sum(2))


@torch.no_grad()
def test_attention_that_is_recorded_while_generating_is_that_of_the_models_own_code(model: PreTrainedModel) -> None:
    ids, need = random_ids(TOKENS + NEW), Need(ColumnSums())
    recorder = Recorder([need], Layout(TOKENS), derived_rotary(model, "eager"), hold_recent=True)
    cache = RaggedCache(2, "eager", [recorder])
    with ragged_attention(model):
        for first, last in [(0, TOKENS), *((at, at + 1) for at in range(TOKENS, TOKENS + NEW))]:
            cache.positions = [last - 1]
            positions = torch.arange(first, last)[None]
            model(torch.tensor([ids[first:last]]), position_ids=positions, **cache_argument(model, cache))
    expected = eager_weights(model, ids).sum(2)
    assert_equal(recorder.observed[FULL][need], expected)


def test_expected_attention_caps_its_logits_and_leaves_sinks_their_share(model: PreTrainedModel) -> None:
    policy = load("expected_attention")
    needs = policy.needs(LAYOUT)
    record = prefill(model, random_ids(TOKENS), LAYOUT, needs, "eager", hold_recent=False)
    moments = record.recorder.observed[FULL][Need(FutureQuery(512, 4))].double()
    cap, sink = record.recorder.observed[FULL][Need(LogitBounds())].double().unbind(-1)
    keys, values = (half[FULL].double() for half in (record.keys, record.values))
    expected = torch.zeros(2, TOKENS, dtype=torch.float64)
    for head in range(2):
        for member in range(2):
            mean, covariance = moments[head, member, :, 0], moments[head, member, :, 1:]
            logits = keys[head] @ mean + ((keys[head] @ covariance) * keys[head]).sum(1) / 2
            if cap[head, member] < torch.inf:
                logits = cap[head, member] * (logits / cap[head, member]).tanh()
            powers = logits[4:].exp()
            shares = powers / (powers.sum() + sink[head, member].exp())
            expected[head, 4:] += shares * values[head, 4:].norm(dim=1) / 2
    scores = policy.score(layer_record(record, policy, FULL, 0, 20))
    assert_equal(scores.values, expected)
    assert bool((sink > -torch.inf).all()) != bool((cap < torch.inf).all()), "one of them is what the model has"


@pytest.mark.parametrize("held", [False, True])
def test_all_policies_run_and_the_uncompressed_arm_is_the_model(model: PreTrainedModel, held: bool) -> None:
    ids = tuple(random_ids(TOKENS + 5))
    cells = [Cell(kernel="eager"), *(Cell.of(policy, "0.5", "eager") for policy in POLICIES)]
    cells = [cell for cell in cells if not held or cell.policy is None or load(cell.policy).can_decode]
    jobs = [Job(ids, TOKENS, LAYOUT, cell, held and cell.compresses, NEW) for cell in cells]
    plain, *others = try_jobs(loaded(model), jobs)
    assert isinstance(plain, Generation) and list(plain.token_ids) == generated(model, ids, NEW)
    for job, answer in zip(jobs[1:], others, strict=True):
        assert isinstance(answer, Generation), (job.cell, answer)
        assert answer.entries_after * 2 == answer.entries_before
    assert check_model(loaded(model), "eager").problem == ""
