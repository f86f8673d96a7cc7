"""Every score against its formula, written out with loops on the full attention matrix."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from kvguard_policies import LayerRecord, Layout, PolicyError, Priority, Scores, load
from kvguard_policies.policy import AttentionCall, RotaryTable

HEADS, GROUP, TOKENS, SIZE = 2, 3, 20, 8
SCALING = SIZE**-0.5


class NoRotation(RotaryTable):
    def __call__(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        return torch.ones(len(positions), SIZE), torch.zeros(len(positions), SIZE)


GENERATOR = torch.Generator().manual_seed(11)
QUERIES = torch.randn(HEADS, GROUP, TOKENS, SIZE, generator=GENERATOR)
KEYS = torch.randn(HEADS, TOKENS, SIZE, generator=GENERATOR)
VALUES = torch.randn(HEADS, TOKENS, SIZE, generator=GENERATOR)


def layer_for(spec: str, tokens: int = TOKENS, budget: int = 10) -> LayerRecord:
    """Return the layer as a prefill with this policy's needs would have left it."""
    layout, positions = Layout(tokens), torch.arange(tokens)
    call = AttentionCall(QUERIES[:, :, :tokens], KEYS[:, :tokens], SCALING, positions, NoRotation())
    observed = {need: need.observation.measure(call) for need in load(spec).needs(layout)}
    everywhere = positions.expand(HEADS, -1)
    return LayerRecord(0, 2, KEYS[:, :tokens], VALUES[:, :tokens], everywhere, budget, layout, observed)


def scores_of(spec: str, tokens: int = TOKENS, budget: int = 10) -> Scores:
    return load(spec).score(layer_for(spec, tokens, budget))


def attention_matrix(head: int, member: int, tokens: int = TOKENS) -> list[list[float]]:
    """Return what each query pays to each key: zero for keys to come."""
    matrix = []
    for query in range(tokens):
        logits = [float(KEYS[head, key] @ QUERIES[head, member, query]) * SCALING for key in range(query + 1)]
        total = sum(math.exp(logit) for logit in logits)
        matrix.append([math.exp(logit) / total for logit in logits] + [0.0] * (tokens - query - 1))
    return matrix


MATRICES = [[attention_matrix(head, member) for member in range(GROUP)] for head in range(HEADS)]


def mean_over_group(head: int, worth) -> float:  # type: ignore[no-untyped-def]
    return sum(worth(MATRICES[head][member]) for member in range(GROUP)) / GROUP


def assert_scores(scores: Scores, worth) -> None:  # type: ignore[no-untyped-def]
    expected = torch.tensor([[worth(head, key) for key in range(TOKENS)] for head in range(HEADS)])
    torch.testing.assert_close(scores.values, expected, atol=1e-5, rtol=1e-4)


def protected(scores: Scores) -> dict[Priority, list[int]]:
    assert torch.equal(scores.priority[0], scores.priority[1]) and scores.priority.dtype == torch.int8
    by_priority = {Priority(level): (scores.priority[0] == level).nonzero()[:, 0].tolist() for level in Priority}
    return {level: entries for level, entries in by_priority.items() if entries and level is not Priority.FREE}


def test_knorm_prefers_small_keys() -> None:
    assert_scores(scores_of("knorm"), lambda head, key: -math.sqrt(sum(float(x) ** 2 for x in KEYS[head, key])))
    assert protected(scores_of("knorm")) == {}


def test_keydiff_prefers_keys_unlike_the_mean_direction() -> None:
    def worth(head: int, key: int) -> float:
        anchor = sum(row / row.norm() for row in KEYS[head]) / TOKENS
        return -float(KEYS[head, key] @ anchor / KEYS[head, key].norm() / anchor.norm())

    assert_scores(scores_of("keydiff"), worth)
    assert protected(scores_of("keydiff")) == {}


@pytest.mark.parametrize(("budget", "recent"), [(10, 5), (7, 3), (1, 0)])
def test_h2o_adds_up_the_attention_received_and_protects_half_the_budget(budget: int, recent: int) -> None:
    scores = scores_of("h2o", budget=budget)
    assert_scores(scores, lambda head, key: mean_over_group(head, lambda matrix: sum(row[key] for row in matrix)))
    newest = [*range(TOKENS - recent, TOKENS)]
    assert protected(scores) == ({Priority.WINDOW: newest} if newest else {})


def test_observed_attention_divides_by_the_queries_that_may_see_the_key() -> None:
    def worth(head: int, key: int) -> float:
        return mean_over_group(head, lambda matrix: sum(row[key] for row in matrix)) / (TOKENS - key)

    assert_scores(scores_of("observed_attention"), worth)
    assert protected(scores_of("observed_attention")) == {}


def test_tova_scores_by_the_last_token_equally_in_all_heads() -> None:
    def worth(_: int, key: int) -> float:
        return sum(mean_over_group(head, lambda matrix: matrix[-1][key]) for head in range(HEADS)) / HEADS

    assert_scores(scores_of("tova"), worth)
    assert protected(scores_of("tova")) == {Priority.WINDOW: [TOKENS - 1]}


@pytest.mark.parametrize(("window", "kernel_size"), [(4, 5), (4, 1), (7, 3)])
def test_snapkv_pools_the_attention_of_its_window(window: int, kernel_size: int) -> None:
    before = TOKENS - window

    def worth(head: int, key: int) -> float:
        if key >= before:
            return 0.0
        neighbours = range(max(0, key - kernel_size // 2), min(before, key + kernel_size // 2 + 1))
        seen = [mean_over_group(head, lambda m, k=k: sum(row[k] for row in m[before:]) / window) for k in neighbours]
        return sum(seen) / kernel_size

    scores = scores_of(f"snapkv(window={window}, kernel_size={kernel_size})")
    assert_scores(scores, worth)
    assert protected(scores) == {Priority.WINDOW: [*range(before, TOKENS)]}


@pytest.mark.parametrize("tokens", [1, 3, 16])
def test_a_snapkv_window_that_covers_the_context_protects_all_of_it(tokens: int) -> None:
    scores = scores_of("snapkv", tokens, 1)
    assert not scores.values.any() and protected(scores) == {Priority.WINDOW: [*range(tokens)]}


@pytest.mark.parametrize("sinks", [0, 1, 4])
def test_streaming_llm_prefers_the_newest_after_its_sinks(sinks: int) -> None:
    scores = scores_of(f"streaming_llm(sinks={sinks})")
    assert_scores(scores, lambda head, key: float(key))
    assert protected(scores) == ({Priority.SINK: [*range(sinks)]} if sinks else {})


@pytest.mark.parametrize("covariance", [True, False])
@pytest.mark.parametrize("value_norm", [True, False])
def test_expected_attention_is_the_softmax_of_gaussian_queries(covariance: bool, value_norm: bool) -> None:
    sinks, expected = 4, torch.zeros(HEADS, TOKENS)
    for head in range(HEADS):
        for member in range(GROUP):
            sample = QUERIES[head, member, sinks:]
            mean, spread = sample.mean(0), torch.cov(sample.T, correction=0)
            logits = torch.full((TOKENS,), -math.inf)
            for key in range(sinks, TOKENS):
                row = KEYS[head, key]
                logits[key] = row @ mean * SCALING + (row @ spread @ row * SCALING**2 / 2 if covariance else 0)
            expected[head] += logits.softmax(0) / GROUP
    if value_norm:
        expected = expected * VALUES.norm(dim=-1)
    scores = scores_of(f"expected_attention(covariance={covariance}, value_norm={value_norm})")
    torch.testing.assert_close(scores.values, expected, atol=1e-5, rtol=1e-4)
    assert protected(scores) == {Priority.SINK: [0, 1, 2, 3]}


def test_random_scores_are_spread_evenly_and_depend_on_all_that_names_an_entry() -> None:
    wide = LayerRecord(
        0, 2, torch.zeros(4, 500, 2), torch.zeros(4, 500, 2), torch.arange(500).expand(4, -1), 9, Layout(500), {}
    )
    values = load("random").score(wide).values
    assert float(values.min()) >= 0 and float(values.max()) < 1
    assert abs(float(values.mean()) - 0.5) < 0.03 and len(values.unique()) > 1990
    shares = torch.histc(values, bins=10, min=0, max=1) / values.numel()
    assert float((shares - 0.1).abs().max()) < 0.03
    assert not torch.equal(values, load("random(seed=1)").score(wide).values)
    assert not torch.equal(values[0], values[1])


@pytest.mark.parametrize("spec", ["snapkv", "h2o", "tova", "observed_attention", "expected_attention"])
def test_a_prefill_that_did_not_record_what_a_policy_needs_is_named(spec: str) -> None:
    layer = layer_for("knorm")
    with pytest.raises(PolicyError, match="prefilled without recording .*Pass `needs=policy.needs.layout.`"):
        load(spec).score(layer)


def test_equal_needs_of_different_policies_are_one() -> None:
    layout = Layout(4)
    assert load("tova").needs(layout) == load("snapkv(window=1)").needs(layout)
    assert load("h2o").needs(layout) < load("observed_attention").needs(layout)
    assert {need.group for need in load("fair(h2o)").needs(Layout(4, (((0, 2),),)))} == {0, 1}
    assert None in {need.group for need in load("fair(h2o, mix=0.5)").needs(layout)}
    assert load("keydiff").needs(layout) == frozenset()
