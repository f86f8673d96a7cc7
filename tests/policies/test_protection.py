"""Protected entries are kept at any scores; invalid scores are refused; half precision changes little."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import pytest
import torch
from torch import Tensor

from kvguard_policies import LayerRecord, Layout, Policy, PolicyError, Scores, compress, load, prefill
from kvguard_policies.policy import Wrapper
from tests.models import random_ids
from tests.policies.matrix import (
    FORCED,
    HEAD_LAYOUTS,
    LAYOUT,
    SPECS,
    TOKENS,
    all_needs,
    compressed,
    context_record,
    kept_positions,
    model_of,
)

RATIOS = ("0.25", "0.5", "0.6", "0.75")
WINDOWS = {
    "snapkv(window=8)": range(40, 48),
    "tova": range(47, 48),
    "adakv(snapkv(window=8))": range(40, 48),
    "pyramidkv(snapkv(window=8), window=8)": range(40, 48),
    "keep(snapkv(window=8))": [*range(10, 14), *range(40, 48)],
    "streaming_llm": range(4),
    "fair(streaming_llm)": range(4),
    "expected_attention": range(4),
    "keep(knorm)": range(10, 14),
    "keep(fair(knorm))": range(10, 14),
    "fair(keep(h2o))": range(10, 14),
    "keep(adakv(knorm))": range(10, 14),
    "adakv(keep(knorm), safeguard=0.0)": range(10, 14),
}


@dataclass(frozen=True)
class Tied(Wrapper):
    """The base with every score the same; only its protection is left."""

    value: float = 0.0

    def score(self, layer: LayerRecord) -> Scores:
        base = self.base.score(layer)
        return Scores(torch.full_like(base.values, self.value), base.priority)


@pytest.mark.parametrize("spec", WINDOWS)
@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_windows_sinks_and_forced_tokens_are_kept_in_every_layer_and_head(head_layout: str, spec: str) -> None:
    for ratio in RATIOS:
        assert_kept(context_record(head_layout), load(spec), ratio, WINDOWS[spec])


@pytest.mark.parametrize("value", [0.0, 1e30, torch.finfo(torch.float32).min, torch.finfo(torch.float32).max])
@pytest.mark.parametrize("spec", [spec for spec in WINDOWS if "(" not in spec or spec.startswith("snapkv")])
def test_protection_cannot_lose_a_tie(spec: str, value: float) -> None:
    assert_kept(context_record("qwen3-three-kv-heads-of-two"), Tied(load(spec), value), "0.75", WINDOWS[spec])


@pytest.mark.parametrize("wrapper", ["keep({})", "adakv({})", "fair(keep({}))"])
def test_protection_cannot_lose_a_tie_inside_wrappers(wrapper: str) -> None:
    tied = f"{__name__}:Tied(snapkv(window=8))"
    policy = load(wrapper.format(tied))
    protected = [*range(40, 48), *(range(10, 14) if "keep" in wrapper else ())]
    if not wrapper.startswith("fair"):
        assert_kept(context_record("mistral"), policy, "0.7", protected)
    assert_kept(context_record("mistral"), policy, "0.5", range(46, 48))


def assert_kept(record, policy: Policy, ratio: str, protected) -> None:  # type: ignore[no-untyped-def]
    for layer in compress(record, policy, Fraction(ratio)).layers:
        for kept in layer.positions:
            lowest = TOKENS - 7 if len(kept) == 7 else 0  # a sliding layer holds its newest entries only
            assert {position for position in protected if position >= lowest} <= set(kept.tolist())


def test_h2o_keeps_the_newest_half_of_the_budget() -> None:
    cache = compressed(context_record("llama-no-gqa"), "h2o", "0.5")
    assert all(set(range(36, 48)) <= set(kept) for layer in kept_positions(cache) for kept in layer)


def test_ties_keep_the_later_token() -> None:
    cache = compress(context_record("mistral"), Tied(load("knorm")), Fraction("0.5"))
    assert all(kept == [*range(24, 48)] for layer in kept_positions(cache) for kept in layer)


def test_forced_tokens_that_do_not_fit_are_an_error_that_says_by_how_many() -> None:
    with pytest.raises(PolicyError, match="protects 4 tokens, but head 0 may keep only 1: 3 too many. Lower the ratio"):
        compressed(context_record("mistral"), "keep(snapkv)", "0.97")


def test_keep_without_a_marked_span_is_refused() -> None:
    with pytest.raises(PolicyError, match="keep.knorm. protects nothing.*Mark instructions with `protect: true`"):
        load("keep(knorm)").needs(Layout(TOKENS))


def test_keep_leaves_the_budget_as_it_was() -> None:
    record = context_record("phi3")
    assert compressed(record, "keep(knorm)", "0.5").entries == compressed(record, "knorm", "0.5").entries


@dataclass(frozen=True)
class Broken(Policy):
    """Returns scores that cannot be used."""

    flaw: str = "nan"

    def score(self, layer: LayerRecord) -> Scores:
        values = torch.zeros(layer.positions.shape)
        priority = torch.zeros_like(layer.positions, dtype=torch.int8)
        if self.flaw in ("nan", "inf", "-inf"):
            values[0, 3] = float(self.flaw)
        elif self.flaw == "shape":
            values = values[:, :-1]
        else:
            values = values.bfloat16()
        return Scores(values, priority)


@dataclass(frozen=True)
class BrokenWithoutRanking(Broken):
    """Selects by itself, so that no ranking notices its scores."""

    def select(self, scores: Scores, budgets: Tensor, layer: LayerRecord) -> tuple[Tensor, ...]:
        return tuple(torch.arange(budget) for budget in budgets.tolist())


@pytest.mark.parametrize(
    ("flaw", "message"),
    [
        ("nan", "scored some entries NaN. Look for an empty window or a division by zero"),
        ("shape", r"Broken.*scores of shape \(2, 47\) and torch.float32 for layer 0; needed are \(2, 48\)"),
        ("dtype", r"scores of shape \(2, 48\) and torch.bfloat16 .* needed are \(2, 48\) .* torch.float32"),
    ],
)
def test_unusable_scores_are_refused(flaw: str, message: str) -> None:
    for policy in (Broken(flaw), load(f"pyramidkv({__name__}:Broken(flaw={flaw!r}), window=2)")):
        with pytest.raises(PolicyError, match=message):
            compress(context_record("mistral"), policy, Fraction("0.5"))


@pytest.mark.parametrize("wrapper", ["adakv", "fair", "keep"])
def test_nan_scores_are_refused_inside_wrappers(wrapper: str) -> None:
    with pytest.raises(PolicyError, match="NaN"):
        compress(context_record("mistral"), load(f"{wrapper}({__name__}:Broken)"), Fraction("0.5"))


@pytest.mark.parametrize("flaw", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("kind", [Broken, BrokenWithoutRanking])
def test_scores_that_are_not_finite_are_refused_however_entries_are_selected(kind: type[Broken], flaw: str) -> None:
    with pytest.raises(
        PolicyError, match=f"In layer 0, .* scored some entries {'NaN' if flaw == 'nan' else 'infinite'}"
    ):
        compress(context_record("mistral"), kind(flaw), Fraction("0.5"))


def test_scores_of_a_model_that_is_not_finite_are_blamed_on_the_model() -> None:
    record = context_record("mistral")
    spoilt = tuple(torch.full_like(keys, torch.nan) for keys in record.keys)
    with pytest.raises(
        PolicyError, match="knorm scored some entries NaN. Keys or values that the model computed are not"
    ):
        compress(replace(record, keys=spoilt), load("knorm"), Fraction("0.5"))


HALF = {"bfloat16": torch.bfloat16, "float16": torch.float16}


@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("spec", SPECS)
def test_half_precision_keeps_nearly_the_tokens_of_float32(spec: str, dtype: str) -> None:
    record, half = context_record("llama-two-kv-heads-of-three"), half_record(dtype)
    shared = total = 0
    for own, other in zip(compressed(record, spec, "0.5").layers, compressed(half, spec, "0.5").layers, strict=True):
        for kept, other_kept in zip(own.positions, other.positions, strict=True):
            shared += len(set(kept.tolist()) & set(other_kept.tolist()))
            total += max(len(kept), len(other_kept))
    assert shared >= 0.9 * total


def half_record(dtype: str):  # type: ignore[no-untyped-def]
    model = model_of("llama-two-kv-heads-of-three", dtype=HALF[dtype])
    return prefill(model, random_ids(TOKENS), LAYOUT, all_needs())


def test_close_scores_are_told_apart_in_half_precision_models() -> None:
    record = half_record("bfloat16")
    scores = [load("knorm").score(layer_of(record)).values, load("snapkv(window=1)").score(layer_of(record)).values]
    assert all(values.dtype == torch.float32 for values in scores)
    assert all(len(values[0].unique()) > len(values[0].bfloat16().unique()) for values in scores)


def layer_of(record) -> LayerRecord:  # type: ignore[no-untyped-def]
    heads = record.keys[0].shape[0]
    positions = torch.arange(TOKENS).expand(heads, -1)
    observed = {**record.recorder.observed[0]}
    for need in load("snapkv(window=1)").needs(LAYOUT):
        assert need in observed, "tova's observation is snapkv's with a window of one"
    return LayerRecord(0, 2, record.keys[0], record.values[0], positions, 24, LAYOUT, observed)


def test_forced_intervals_are_those_of_the_matrix() -> None:
    assert LAYOUT.is_forced(torch.arange(TOKENS)).nonzero()[:, 0].tolist() == [*range(*FORCED[0])]
