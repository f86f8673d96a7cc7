"""fair(...) takes the same share from every instruction span, by scores within the span alone."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kvguard_policies import LayerRecord, Layout, PolicyError, compress, load, prefill
from kvguard_policies.choice import evaluate
from kvguard_policies.spec import SpecError
from tests.models import random_ids
from tests.policies.matrix import HEAD_LAYOUTS, LAYOUT, SPECS, TOKENS, context_record, kept_positions, model_of

BASES = [spec for spec in SPECS if not spec.startswith(("fair", "keep"))]
GROUPS = torch.bincount(LAYOUT.group_ids(torch.arange(TOKENS))).tolist()


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("groups", [(), (((0, TOKENS),),)], ids=["all frame", "all one instruction"])
def test_fair_with_one_span_is_the_base_policy(base: str, groups: tuple) -> None:
    model, layout = model_of("llama-two-kv-heads-of-three"), Layout(TOKENS, groups)
    plain, fair = load(base), load(f"fair({base})")
    record = prefill(model, random_ids(TOKENS), layout, plain.needs(layout) | fair.needs(layout))
    for ratio in ("0.3", "0.7", "0.95"):
        expected = kept_positions(compress(record, plain, Fraction(ratio)))
        assert kept_positions(compress(record, fair, Fraction(ratio))) == expected


@st.composite
def groupings(draw: st.DrawFn) -> Layout:
    """Cut a context at random and give the pieces to up to five instructions and the frame, several pieces each."""
    tokens = draw(st.integers(2, 60))
    cuts = sorted(draw(st.sets(st.integers(1, tokens - 1), max_size=9)))
    pieces = list(zip([0, *cuts], [*cuts, tokens], strict=True))
    owners = draw(st.lists(st.integers(0, 5), min_size=len(pieces), max_size=len(pieces)))
    owned = [tuple(piece for piece, owner in zip(pieces, owners, strict=True) if owner == g) for g in range(1, 6)]
    return Layout(tokens, tuple(group for group in owned if group))


def layer_of(layout: Layout, budget: int) -> LayerRecord:
    keys = torch.randn(2, layout.tokens, 8, generator=torch.Generator().manual_seed(layout.tokens))
    positions = torch.arange(layout.tokens).expand(2, -1)
    return LayerRecord(0, 1, keys, keys.flip(1), positions, budget, layout, {})


def counts_by_group(kept: torch.Tensor, layout: Layout) -> list[int]:
    groups = layout.group_ids(torch.arange(layout.tokens))
    return torch.bincount(groups[kept], minlength=int(groups.max()) + 1).tolist()


@settings(max_examples=80, deadline=None)
@given(groupings(), st.data())
def test_quotas_sum_to_the_budget_and_are_proportional_within_one_entry(layout: Layout, data: st.DataObject) -> None:
    budget = data.draw(st.integers(1, layout.tokens), "budget")
    sizes = counts_by_group(torch.arange(layout.tokens), layout)
    for base in ("knorm", "keydiff", "random"):
        for kept in evaluate(load(f"fair({base})"), layer_of(layout, budget)):
            counts = counts_by_group(kept, layout)
            assert sum(counts) == budget
            for count, size in zip(counts, sizes, strict=True):
                assert abs(count - Fraction(budget * size, layout.tokens)) < 1


@settings(max_examples=80, deadline=None)
@given(groupings(), st.data())
def test_sinks_are_charged_to_the_whole_budget_and_the_rest_is_shared(layout: Layout, data: st.DataObject) -> None:
    budget = data.draw(st.integers(1, layout.tokens), "budget")
    sizes = counts_by_group(torch.arange(layout.tokens), layout)
    sinks = torch.arange(min(4, layout.tokens))
    taken = counts_by_group(sinks, layout)
    for kept in evaluate(load("fair(streaming_llm)"), layer_of(layout, budget)):
        counts = counts_by_group(kept, layout)
        assert sum(counts) == budget
        if budget <= 4:
            assert set(kept.tolist()) <= set(sinks.tolist())
            continue
        assert set(sinks.tolist()) <= set(kept.tolist())
        shares = [Fraction((budget - len(sinks)) * size, layout.tokens) for size in sizes]
        if all(share + first <= size for share, first, size in zip(shares, taken, sizes, strict=True)):
            for count, first, share in zip(counts, taken, shares, strict=True):
                assert abs(count - first - share) < 1


@settings(max_examples=60, deadline=None)
@given(groupings(), st.data())
def test_mix_zero_gives_every_span_its_share_under_the_base_policy(layout: Layout, data: st.DataObject) -> None:
    budget = data.draw(st.integers(1, layout.tokens), "budget")
    for base in ("knorm", "streaming_llm", "random"):
        layer = layer_of(layout, budget)
        mixed, plain = evaluate(load(f"fair({base}, mix=0.0)"), layer), evaluate(load(base), layer)
        for kept, base_kept in zip(mixed, plain, strict=True):
            assert counts_by_group(kept, layout) == counts_by_group(base_kept, layout)


@settings(max_examples=60, deadline=None)
@given(groupings(), st.data())
def test_a_mix_lies_between_the_base_and_fair(layout: Layout, data: st.DataObject) -> None:
    budget = data.draw(st.integers(1, layout.tokens), "budget")
    mix = data.draw(st.sampled_from(["0.25", "0.5", "0.9"]), "mix")
    layer = layer_of(layout, budget)
    specs = ("keydiff", f"fair(keydiff, mix={mix})", "fair(keydiff)")
    for base, mixed, fair in zip(*(evaluate(load(spec), layer) for spec in specs), strict=True):
        ends = zip(*(counts_by_group(kept, layout) for kept in (base, mixed, fair)), strict=True)
        assert len(mixed) == budget
        for low, count, high in ends:
            expected = (1 - float(mix)) * low + float(mix) * high
            assert abs(count - expected) < 1 + 1e-3 and min(low, high) <= count <= max(low, high)


@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_the_built_in_policies_lose_the_same_share_of_every_span(head_layout: str) -> None:
    record = context_record(head_layout)
    for base in ("h2o", "knorm", "tova", "observed_attention", "snapkv(window=8)"):
        cache = compress(record, load(f"fair({base})"), Fraction("0.5"))
        for index in cache.compressible_layers:
            for kept in cache.layers[index].positions:
                assert counts_by_group(kept, LAYOUT) == [size // 2 for size in GROUPS]


@pytest.mark.parametrize("base", ["h2o", "snapkv(window=4)", "tova", "keydiff", "expected_attention"])
def test_the_tokens_kept_of_a_span_do_not_depend_on_other_spans(base: str) -> None:
    model, policy = model_of("mistral", layers=1), load(f"fair({base})")
    ids, other = random_ids(TOKENS), random_ids(TOKENS, seed=5)
    changed = [other[i] if 8 <= i < 20 else ids[i] for i in range(TOKENS)]
    kept = []
    for tokens in (ids, changed):
        record = prefill(model, tokens, LAYOUT, policy.needs(LAYOUT))
        kept.append(kept_positions(compress(record, policy, Fraction("0.5")))[0])
    outside = [[[p for p in positions if not 8 <= p < 20] for positions in heads] for heads in kept]
    assert outside[0] == outside[1]
    assert kept[0] != kept[1]


def test_forced_tokens_go_first_and_the_rest_is_shared() -> None:
    layer = layer_of(LAYOUT, 16)
    for kept in evaluate(load("fair(keep(knorm))"), layer):
        assert set(range(10, 14)) <= set(kept.tolist())
        assert counts_by_group(kept, LAYOUT) == [6, 4 + 3, 3] and len(kept) == 16
    with pytest.raises(PolicyError, match="protects 4 tokens, but head 0 may keep only 3: 1 too many"):
        evaluate(load("fair(keep(knorm))"), layer_of(LAYOUT, 3))


@pytest.mark.parametrize("mix", ["-0.1", "1.5"])
def test_a_mix_outside_its_range_is_refused(mix: str) -> None:
    with pytest.raises(SpecError, match=f"mix={mix} is outside 0..1; 0 is the base policy's shares, 1 is fair"):
        load(f"fair(knorm, mix={mix})")
