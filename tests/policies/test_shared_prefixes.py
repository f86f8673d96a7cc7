"""A shared prefix is prefilled in calls of its own, and contexts reuse it."""

from __future__ import annotations

import pytest
import torch

from kvguard_policies import Layout, compression, prefill
from kvguard_policies.compression import PrefillRecord, prefill_boundaries
from kvguard_policies.ragged_layer import RaggedLayer
from kvguard_policies.records import ModelObservation
from tests.models import random_ids
from tests.policies.matrix import HEAD_LAYOUTS, TOKENS, all_needs, compressed, layout_of, model_of

ENDS = (8, 24, 32, TOKENS)
WHOLE = 1000
ATTENTION = ["sdpa", "eager"]
NEEDS = frozenset(need for need in all_needs() if not isinstance(need.observation, ModelObservation))
IDS = random_ids(TOKENS)


@pytest.fixture(autouse=True)
def short_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "MIN_PREFIX_TOKENS", 8)
    monkeypatch.setattr(compression, "BOUNDARY_STEP", 4)
    monkeypatch.setattr(compression, "MIN_PREFIX_SHARE", 0)
    assert prefill_boundaries(layout_of(TOKENS)) == ENDS


def record_of(  # type: ignore[no-untyped-def]
    head_layout: str, ids: list[int], earlier: PrefillRecord | None = None, kernel: str = "sdpa", needs=NEEDS
) -> PrefillRecord:
    return prefill(model_of(head_layout), ids, layout_of(len(ids)), needs, kernel, bool(needs), earlier)


def tensors_of(record: PrefillRecord) -> list[torch.Tensor]:
    observed = [layer[need] for layer in record.recorder.observed.values() for need in sorted(layer, key=repr)]
    return [*record.keys, *record.values, *observed, *record.recorder.recent.values()]


@pytest.mark.parametrize("kernel", ATTENTION)
@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_calls_change_nothing_but_the_last_bits(head_layout: str, kernel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_calls = record_of(head_layout, IDS, kernel=kernel)
    monkeypatch.setattr(compression, "MIN_PREFIX_TOKENS", WHOLE)
    at_once = record_of(head_layout, IDS, kernel=kernel)
    assert in_calls.recorder.windows == at_once.recorder.windows
    assert in_calls.recorder.observed.keys() == at_once.recorder.observed.keys()
    for one, other in zip(tensors_of(in_calls), tensors_of(at_once), strict=True):
        torch.testing.assert_close(one, other, atol=2e-4, rtol=2e-4)


@pytest.mark.parametrize("kernel", ATTENTION)
@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
@pytest.mark.parametrize(("common", "computed"), [(40, 16), (32, 16), (31, 24), (8, 40), (7, 48)])
def test_a_reused_prefix_is_what_would_have_been_computed(
    head_layout: str, kernel: str, common: int, computed: int, read_tokens: list[int]
) -> None:
    ids = [*IDS[:common], *random_ids(TOKENS - common, 7)]
    earlier = record_of(head_layout, IDS, kernel=kernel)
    alone = record_of(head_layout, ids, kernel=kernel)
    read_tokens.clear()
    shared = record_of(head_layout, ids, earlier, kernel)
    assert sum(read_tokens) == computed * len(earlier.keys)
    assert shared.recorder.windows == alone.recorder.windows
    pairs = zip(tensors_of(shared), tensors_of(alone), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


@pytest.fixture
def read_tokens(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note how many tokens every layer reads in every call."""
    noted: list[int] = []
    append = RaggedLayer.update

    def noting(self, keys, values, *args, **options):  # type: ignore[no-untyped-def]
        noted.append(keys.shape[2])
        return append(self, keys, values, *args, **options)

    monkeypatch.setattr(RaggedLayer, "update", noting)
    return noted


def test_no_prefix_is_reused_from_another_kernel_or_without_the_needed_queries(
    read_tokens: list[int],
) -> None:
    layout = "llama-two-kv-heads-of-three"
    bare = record_of(layout, IDS, needs=())
    assert not bare.queries
    for earlier, kernel, needs, computed in [
        (bare, "sdpa", NEEDS, TOKENS),
        (bare, "eager", (), TOKENS),
        (bare, "sdpa", (), TOKENS - ENDS[-2]),
        (record_of(layout, IDS), "sdpa", (), TOKENS - ENDS[-2]),
    ]:
        read_tokens.clear()
        record_of(layout, IDS, earlier, kernel, needs)
        assert sum(read_tokens) == computed * len(bare.keys)


def test_queries_are_not_reused_from_a_context_that_did_not_record_them() -> None:
    layouts = [Layout(TOKENS, groups=groups) for groups in ((((8, 12),),), (((8, 12),), ((28, 32),)))]
    assert [prefill_boundaries(layout) for layout in layouts] == [(8, TOKENS), (8, 28, TOKENS)]
    model, needs = model_of("mistral"), [need for need in NEEDS if need.group is None]
    noted = prefill(model, IDS, layouts[0], needs)
    unread = prefill(model, IDS, layouts[1], earlier=noted)
    observed = prefill(model, IDS, layouts[1], needs, earlier=unread)
    assert (unread.reused_tokens, observed.reused_tokens) == (8, 0)
    pairs = zip(tensors_of(observed), tensors_of(prefill(model, IDS, layouts[1], needs)), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


def test_a_reused_prefix_can_be_reused_again() -> None:
    first = record_of("mistral", IDS)
    second = record_of("mistral", [*IDS[:32], *random_ids(16, 5)], first)
    third = record_of("mistral", [*IDS[:32], *random_ids(16, 6)], second)
    assert (second.reused_tokens, third.reused_tokens) == (32, 32)
    alone = record_of("mistral", [*IDS[:32], *random_ids(16, 6)])
    assert all(torch.equal(one, other) for one, other in zip(tensors_of(third), tensors_of(alone), strict=True))


def test_policies_keep_the_same_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []
    for tokens in (8, WHOLE):
        monkeypatch.setattr(compression, "MIN_PREFIX_TOKENS", tokens)
        record = record_of("llama-two-kv-heads-of-three", IDS)
        specs = ("snapkv(window=8)", "h2o", "tova", "expected_attention", "fair(h2o)")
        layers = [layer for spec in specs for layer in compressed(record, spec, "0.5").layers]
        kept.append([[positions.tolist() for positions in layer.positions] for layer in layers])
    assert kept[0] == kept[1]


def test_contexts_with_other_boundaries_share_only_calls_with_the_same_ends(read_tokens: list[int]) -> None:
    model = model_of("mistral")
    layout = Layout(TOKENS, groups=(((8, 20),), ((28, 40),)))
    earlier = record_of("mistral", IDS, needs=())
    read_tokens.clear()
    prefill(model, IDS, layout, earlier=earlier)
    assert prefill_boundaries(layout) == (8, 28, TOKENS)
    assert sum(read_tokens) == 40 * len(earlier.keys)


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        ((), (2000,)),
        ((519,), (2000,)),
        ((520, 1080), (1024, 2000)),
        ((1100, 600, 1700, 1200), (1088, 1664, 2000)),
        ((2000, 2100), (1984, 2000)),
    ],
)
def test_calls_end_before_instructions_that_stand_far_apart(
    starts: tuple[int, ...], ends: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    assert prefill_boundaries(Layout(2000, groups=tuple(((start, start + 20),) for start in starts))) == ends
