"""Every quantizer on every head layout: what it changes, what it leaves unchanged, and when it is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from kvguard_policies import CompactCache, Layout, PolicyError, compress, load, prefill, ragged_attention
from kvguard_policies.hf_cache import RaggedCache, cache_argument
from kvguard_policies.quantization import quantize
from kvguard_policies.quantizers.gear import Gear
from kvguard_policies.quantizers.kivi import Kivi
from kvguard_policies.stores import WindowedStore
from pytest_kvguard.engine.decode import Row, decode_rows
from tests.installed import installed_or_skipped
from tests.models import random_ids
from tests.policies.matrix import (
    HEAD_LAYOUTS,
    QUESTION,
    TOKENS,
    compressed,
    context_record,
    logits_after,
    model_of,
)

OF_TRANSFORMERS = tuple(
    map(installed_or_skipped, ("quanto(group=4, residual=5)", "hqq(bits=8, group=4, residual=5)", "fp8"))
)
ALONE = (
    "kivi(group=8, residual=8)",
    "kivi(bits=4, group=4, residual=0)",
    "kivi(bits=8, group=16, residual=16)",
    "gear(group=8, residual=8, rank=1)",
    "gear(bits=4, group=8, residual=0, rank=2, outliers=0)",
    *OF_TRANSFORMERS,
)
AROUND = (
    "kivi(snapkv, group=8, residual=8)",
    "kivi(adakv(keydiff), group=4, residual=4)",
    "gear(adakv(keydiff), group=4, residual=4, rank=1)",
    installed_or_skipped("quanto(adakv(keydiff), group=4, residual=5)"),
    installed_or_skipped("hqq(adakv(keydiff), bits=8, group=4, residual=5)"),
    installed_or_skipped("fp8(snapkv)"),
)
SPECS = (*ALONE, *AROUND)
LENGTHS = (33, 48)
SHAPES = ("llama-two-kv-heads-of-three", "gemma3-sliding")


def plain(head_layout: str, tokens: int = TOKENS, seed: int = 0) -> CompactCache:
    return compress(context_record(head_layout, tokens, seed), None, 0)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_packed_entries_have_an_error_that_changes_the_logits(head_layout: str, spec: str) -> None:
    record, policy = context_record(head_layout), load(spec)
    packed = compress(record, policy, Fraction("0.5"))
    kept = compress(record, policy.base, Fraction("0.5")) if policy.base else plain(head_layout)
    assert packed.loss is not None and kept.loss is None
    assert 0 < packed.loss.keys < 0.5 and 0 < packed.loss.values < 0.5
    one, other = (logits_after(model_of(head_layout), [cache], [QUESTION])[0] for cache in (packed, kept))
    assert not torch.equal(one, other)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_entries_are_those_of_the_base_policy_and_bytes_those_of_the_stores(head_layout: str, spec: str) -> None:
    record, policy = context_record(head_layout), load(spec)
    packed = compress(record, policy, Fraction("0.5"))
    kept = compress(record, policy.base, Fraction("0.5")) if policy.base else plain(head_layout)
    assert (packed.entries, packed.seen_tokens, packed.sliding) == (kept.entries, kept.seen_tokens, kept.sliding)
    for index, (mine, exact) in enumerate(zip(packed.layers, kept.layers, strict=True)):
        assert all(torch.equal(one, other) for one, other in zip(mine.positions, exact.positions, strict=True))
        if index in packed.sliding:
            assert mine is exact or torch.equal(mine.keys, exact.keys)
        else:
            assert mine.cache_bytes == sum(store.nbytes for store in mine.stores) < exact.cache_bytes


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_logits_of_a_row_do_not_depend_on_other_rows_of_the_batch(head_layout: str, spec: str) -> None:
    model = model_of(head_layout)
    caches = [compressed(context_record(head_layout, n, seed=n), spec, "0.4") for n in LENGTHS]
    caches.append(plain(head_layout))
    suffixes = [random_ids(1 + number * 5 % 8, seed=number) for number in range(len(caches))]
    together = logits_after(model, caches, suffixes)
    for cache, suffix, batched in zip(caches, suffixes, together, strict=True):
        torch.testing.assert_close(batched, logits_after(model, [cache], [suffix])[0], atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("spec", ("kivi(group=8, residual=8)", *AROUND[1:]))
@pytest.mark.parametrize("head_layout", SHAPES)
def test_replies_in_a_shrinking_batch_are_those_of_rows_alone(head_layout: str, spec: str) -> None:
    model, caches = model_of(head_layout), [compressed(context_record(head_layout, n), spec, "0.5") for n in LENGTHS]
    rows, solo = ([Row(cache, tuple(QUESTION), 3 + 5 * n) for n, cache in enumerate(caches)] for _ in range(2))
    decode_rows(model, rows, frozenset())
    for row in solo:
        decode_rows(model, [row], frozenset())
    assert [row.generated for row in rows] == [row.generated for row in solo]


@pytest.mark.parametrize(
    ("spec", "exact_tokens"),
    [
        ("kivi(group=4, residual=4)", (4, 5)),
        ("gear(group=4, residual=4, rank=1)", (4, 4)),
        installed_or_skipped("quanto(group=4, residual=5)", (2, 2)),
        installed_or_skipped("hqq(bits=8, group=4, residual=5)", (2, 2)),
        installed_or_skipped("fp8", (0, 0)),
    ],
)
@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_tokens_that_leave_the_window_are_quantized_while_a_reply_is_generated(
    head_layout: str, spec: str, exact_tokens: tuple[int, int]
) -> None:
    model, cache = model_of(head_layout), compressed(context_record(head_layout), spec, "0")
    batch = RaggedCache.of([cache], reserve=1)
    exact = RaggedCache(len(cache.layers))
    with ragged_attention(model), torch.no_grad():
        model(torch.tensor([random_ids(TOKENS)]), **cache_argument(model, exact))
        for number, token in enumerate(random_ids(12, seed=5)):
            position = torch.tensor([[TOKENS + number]])
            model(torch.tensor([[token]]), **cache_argument(model, batch), position_ids=position)
    layer = batch.layers[cache.compressible_layers[0]]
    [store] = layer.stores[0]
    assert store.exact_tokens == exact_tokens, "the newest came after the window was emptied"
    for buffer, stored in zip((layer.keys, layer.values), store.read(), strict=True):
        assert torch.equal(buffer[0, :, : stored.shape[1]], stored), "attention reads what is stored"


def test_no_question_changes_the_context_for_the_next_one() -> None:
    model, cache = model_of("llama-no-gqa"), compressed(context_record("llama-no-gqa"), SPECS[0], "0")
    alone = logits_after(model, [cache], [QUESTION])[0]
    logits_after(model, [cache], [random_ids(30, seed=4)])
    decode_rows(model, [Row(cache, tuple(QUESTION), 20)], frozenset())
    assert torch.equal(logits_after(model, [cache], [QUESTION])[0], alone)


def test_the_ratio_means_nothing_where_nothing_is_evicted() -> None:
    record = context_record("mistral")
    half, none = (compressed(record, SPECS[0], ratio) for ratio in ("0.5", "0"))
    assert half.entries == none.entries and torch.equal(half.layers[0].keys, none.layers[0].keys)


@pytest.mark.parametrize("bits", [2, 4])
@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_gear_is_nearer_to_the_exact_entries_than_its_backbone(head_layout: str, bits: int) -> None:
    cache = plain(head_layout)
    backbone = quantize(cache, Gear(bits=bits, group=8, residual=8, rank=0, outliers=0)).loss
    for better in (
        Gear(bits=bits, group=8, residual=8, rank=2, outliers=0),
        Gear(bits=bits, group=8, residual=8, rank=0, outliers=0.1),
    ):
        loss = quantize(cache, better).loss
        assert loss.keys < 0.95 * backbone.keys and loss.values < 0.95 * backbone.values
        assert (loss.packed_keys, loss.packed_values) == (backbone.packed_keys, backbone.packed_values)


@pytest.mark.parametrize("tokens", range(1, 9))
def test_a_context_that_fits_the_exact_window_is_refused(tokens: int) -> None:
    record = prefill(model_of("mistral"), random_ids(tokens))
    message = rf"kivi\(group=8, residual=8\) changed nothing: a head holds {tokens} entries.*smaller residual"
    if tokens < 8:
        with pytest.raises(PolicyError, match=message):
            compress(record, Kivi(group=8, residual=8), 0)
    else:
        loss = compress(record, Kivi(group=8, residual=8), 0).loss
        assert loss.values is None and loss.keys > 0
        assert str(loss).endswith("values all exact")


@dataclass(frozen=True)
class Idle(Kivi):
    """Claims to pack, and rounds nothing: codes as wide as the numbers."""

    name: ClassVar[str] = "idle"

    def store(self, keys: Tensor, values: Tensor) -> WindowedStore:
        store = super().store(keys, values)
        store._keys.chunks = tuple(replace_by_exact(keys, chunk) for chunk in store._keys.chunks)
        return store


@dataclass(frozen=True)
class Exact:
    vectors: Tensor

    @property
    def nbytes(self) -> int:
        return 1

    def unpack(self) -> Tensor:
        return self.vectors


def replace_by_exact(vectors: Tensor, chunk: object) -> Exact:
    return Exact(vectors[:, : chunk.unpack().shape[1]])  # type: ignore[attr-defined]


def test_a_quantizer_that_claims_to_pack_and_moves_nothing_is_refused() -> None:
    with pytest.raises(PolicyError, match="changed nothing: its packed keys are equal to the exact ones"):
        quantize(plain("mistral"), Idle(group=8, residual=8))


def test_a_quantizer_around_a_policy_records_what_that_needs() -> None:
    layout = Layout(TOKENS)
    assert load("kivi(snapkv)").needs(layout) == load("snapkv").needs(layout) and not load("kivi").needs(layout)
    note = load("kivi(snapkv(window=99))").notes(layout, 9)
    assert note == load("snapkv(window=99)").notes(layout, 9) != ()


def test_a_quantizer_alone_has_no_scores() -> None:
    with pytest.raises(PolicyError, match=r"kivi evicts nothing\. .* wrap a policy: kivi\(snapkv\)"):
        Kivi().score(None)  # type: ignore[arg-type]


def test_the_error_is_measured_over_the_packed_vectors_alone() -> None:
    cache = plain("llama-no-gqa")
    layer = replace(cache.layers[0], keys=torch.zeros_like(cache.layers[0].keys))
    layer.keys.view(4, TOKENS, -1)[:, :8] = torch.arange(8.0)[:, None]
    one_layer = replace(cache, layers=(layer,))
    loss = quantize(one_layer, Kivi(bits=2, group=8, residual=0)).loss
    levels = torch.tensor([0, 0, 7 / 3, 7 / 3, 14 / 3, 14 / 3, 7, 7])
    expected = (levels - torch.arange(8.0)).norm() / torch.arange(8.0).norm()
    assert loss.keys == pytest.approx(float(expected)) and loss.packed_keys == 1
