"""Faults in what is stored and moved while tokens are generated are noticed by the promise that they break."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor
from transformers import Cache

from kvguard_policies.policy import Policy
from kvguard_policies.quantizers.affine import AffineVectors
from kvguard_policies.quantizers.kivi import Kivi
from kvguard_policies.ragged_layer import RaggedLayer
from kvguard_policies.spec import load as load_policy
from kvguard_policies.stores import WindowedStore, _Half
from pytest_kvguard.faults.correct import own_caches
from pytest_kvguard.faults.correct.own_caches import Shifted, SinksAndRecent, SinksAndRing
from pytest_kvguard.invariants.subject import RandomModels, Subject
from pytest_kvguard.invariants.table import load
from pytest_kvguard.invariants.violation import NotApplicable, Violation

LAYOUT = RandomModels("llama-two-kv-heads-of-three")


def violation_of(oracle: str, policy: Policy, ratio: str = "0.5") -> Violation:
    violation = load(oracle)(Subject(LAYOUT, policy, Fraction(ratio)))
    assert violation is not None
    assert not violation.crashed, str(violation)
    return violation


class AppendFaults:
    """Faults in the append of one half of a store."""

    @staticmethod
    def scale_doubled(half: Any, vectors: Tensor, real: Any) -> Any:
        before, changed = len(half.chunks), real(half, vectors)
        doubled = (replace(chunk, scale=chunk.scale * 2) for chunk in half.chunks[before:])
        half.chunks = (*half.chunks[:before], *doubled)
        return (changed[0], half.chunks[-1].unpack()) if len(half.chunks) > before else changed

    @staticmethod
    def scale_of_context(half: Any, vectors: Tensor, real: Any) -> Any:
        before, changed = len(half.chunks), real(half, vectors)
        if len(half.chunks) == before:
            return changed
        zeroed = replace(half.chunks[-1], scale=torch.zeros_like(half.chunks[-1].scale))
        half.chunks = (*half.chunks[:-1], zeroed)
        return changed[0], zeroed.unpack()

    @staticmethod
    def written_in_few_bits(half: Any, vectors: Tensor, real: Any) -> Any:
        return real(half, (vectors * 2).round() / 2)

    @staticmethod
    def residual_dropped(half: Any, vectors: Tensor, real: Any) -> Any:
        changed = real(half, vectors)
        half.recent = torch.zeros_like(half.recent)
        return changed


@pytest.mark.parametrize("fault", ["scale_doubled", "scale_of_context", "written_in_few_bits", "residual_dropped"])
@pytest.mark.parametrize("quantizer", ["kivi(bits=8)", "kivi"])
def test_entries_that_are_stored_wrongly_only_while_generating(
    fault: str, quantizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, broken = _Half.append, getattr(AppendFaults, fault)
    monkeypatch.setattr(_Half, "append", lambda half, vectors: broken(half, vectors, real))
    assert violation_of("stored-growth", load_policy(quantizer)).where.startswith("96 tokens and 159 more")


def test_a_copy_of_a_store_without_its_scales(monkeypatch: pytest.MonkeyPatch) -> None:
    real = _Half.copy

    def copy(half: Any) -> Any:
        twin = real(half)
        twin.chunks = tuple(replace(chunk, scale=chunk.scale * 0) for chunk in twin.chunks)
        return twin

    monkeypatch.setattr(_Half, "copy", copy)
    assert "read from a copy" in violation_of("stored-growth", load_policy("kivi")).what


def test_packed_vectors_that_lose_their_scale_when_they_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def state(packed: AffineVectors) -> dict[str, Any]:
        return {**packed.__dict__, "scale": packed.scale * 0}

    monkeypatch.setattr(AffineVectors, "__getstate__", state, raising=False)
    assert "read from a deep copy" in violation_of("stored-growth", load_policy("kivi")).what


def test_rows_after_the_first_whose_heads_are_packed_in_the_wrong_order(monkeypatch: pytest.MonkeyPatch) -> None:
    real = RaggedLayer._append_stored

    def append(layer: RaggedLayer, row: int, stores: Any, keys: Tensor, values: Tensor) -> None:
        real(layer, row, stores, keys.flip(0) if row else keys, values)

    monkeypatch.setattr(RaggedLayer, "_append_stored", append)
    assert "row" in violation_of("batch-rows", load_policy("kivi")).where
    assert "row" in violation_of("decoding", load_policy("kivi(residual=0)")).where


def test_a_batch_that_forgets_the_exact_window_of_its_later_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(layer: RaggedLayer, rows: Any, reserve: int) -> None:
        whole(layer, rows, reserve)
        for row, stores in layer.stores.items():
            if row:
                newest = max(store.exact_tokens[1] for store in stores)
                count = int(layer.lengths[row].max())
                layer.keys[row, :, count - newest : count] = 0

    whole = RaggedLayer.fill
    monkeypatch.setattr(RaggedLayer, "fill", fill)
    assert "row 1" in violation_of("batch-rows", load_policy("kivi")).where


def test_a_context_that_is_stored_again_in_every_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    real, quantizer = RaggedLayer.fill, Kivi(bits=2, group=16)

    def fill(layer: RaggedLayer, rows: Any, reserve: int) -> None:
        again = []
        for row in rows:
            vectors = [half.unflatten(0, (len(row.counts), -1)) for half in (row.keys, row.values)]
            keys, values = quantizer.store(*vectors).read()
            again.append(replace(row, keys=keys.flatten(0, 1), values=values.flatten(0, 1)))
        real(layer, again, reserve)

    monkeypatch.setattr(RaggedLayer, "fill", fill)
    assert violation_of("chunks", load_policy("kivi(bits=4)")).layer == 0


def test_a_store_that_keeps_the_bytes_of_its_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WindowedStore, "nbytes", property(lambda store: 4096))
    assert violation_of("stored-growth", load_policy("kivi")).what == "bytes of the store"


@dataclass(frozen=True)
class StaysAtTheEnd(Shifted):
    """Says that the next token stands at the true length, after keys that were shifted."""

    name: ClassVar[str] = "stays"

    def next_position(self, cache: Cache, tokens: int) -> int:
        return tokens


@dataclass(frozen=True)
class CountsEntries(SinksAndRecent):
    """Says that the next token stands after the entries, although no key was shifted."""

    name: ClassVar[str] = "counts"

    def next_position(self, cache: Cache, tokens: int) -> int:
        return int(cache.get_seq_length())


@dataclass(frozen=True)
class TurnedTwice(Shifted):
    """Shifts its keys by twice the distance."""

    name: ClassVar[str] = "twice"

    def fill(self, model: Any, token_ids: Tensor, ratio: Fraction) -> Cache:
        once, still = super().fill(model, token_ids, ratio), SinksAndRecent().fill(model, token_ids, ratio)
        rotary, kept = model.get_decoder().rotary_emb, own_caches._kept(token_ids.shape[1], ratio)
        cos, sin = rotary(once.layers[0].keys, (torch.arange(len(kept)) - kept)[None])
        for layer, _ in zip(once.layers, still.layers, strict=True):
            first, second = layer.keys.chunk(2, dim=-1)
            layer.keys = layer.keys * cos[:, None] + torch.cat([-second, first], dim=-1) * sin[:, None]
        return once


@pytest.mark.parametrize(
    ("policy", "oracles"),
    [
        (StaysAtTheEnd(), ("true-positions", "kept-alone")),
        (CountsEntries(), ("true-positions", "kept-alone")),
        (TurnedTwice(), ("kept-alone",)),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_keys_and_positions_that_do_not_fit_each_other(policy: Policy, oracles: tuple[str, ...]) -> None:
    for oracle in oracles:
        assert violation_of(oracle, policy).where.startswith("one layer")


@dataclass(frozen=True)
class ValuesLeftBehind(SinksAndRecent):
    """Moves keys, but not the values that belong to them."""

    name: ClassVar[str] = "left_behind"

    def fill(self, model: Any, token_ids: Tensor, ratio: Fraction) -> Cache:
        cache = super().fill(model, token_ids, ratio)
        for layer in cache.layers:
            layer.values = layer.values.roll(1, dims=2)
        return cache


@dataclass(frozen=True)
class SlotsZeroed(SinksAndRecent):
    """Zeroes the entries of some slots and goes on holding them."""

    name: ClassVar[str] = "zeroed"

    def fill(self, model: Any, token_ids: Tensor, ratio: Fraction) -> Cache:
        cache = super().fill(model, token_ids, ratio)
        for layer in cache.layers:
            layer.keys[:, :, 9:12] = layer.values[:, :, 9:12] = 0
        return cache


@pytest.mark.parametrize("policy", [ValuesLeftBehind(), SlotsZeroed()], ids=lambda policy: policy.name)
def test_entries_of_caches_that_lost_their_values(policy: Policy) -> None:
    assert violation_of("rows-moved", policy).where.startswith("one layer")


class WrongSlot(own_caches._RingCache):
    """Overwrites the newest entry instead of the oldest once it is full."""

    def update(self, keys: Tensor, values: Tensor, layer_idx: int, *args: Any, **options: Any) -> tuple[Tensor, Tensor]:
        layer = self.layers[layer_idx] if layer_idx < len(self.layers) else None
        if layer is None or layer.keys.shape[2] < self.most:
            return super().update(keys, values, layer_idx, *args, **options)
        held = layer.keys.clone(), layer.values.clone()
        for half, new in zip(held, (keys, values), strict=True):
            half[:, :, -1] = new[:, :, -1]
        layer.keys, layer.values = held
        read = (torch.cat([half, new], dim=2) for half, new in zip(held, (keys, values), strict=True))
        return tuple(read)  # type: ignore[return-value]


def test_a_ring_that_is_written_at_the_wrong_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_caches, "_RingCache", WrongSlot)
    assert "an entry" in violation_of("decoding", SinksAndRing()).what


@dataclass(frozen=True)
class SharedCache(SinksAndRecent):
    """Gives every context the same cache."""

    name: ClassVar[str] = "shared"
    last: ClassVar[dict[str, Cache]] = {}

    def fill(self, model: Any, token_ids: Tensor, ratio: Fraction) -> Cache:
        cache, own = super().fill(model, token_ids, ratio), self.last.setdefault("cache", Cache(layers=[]))
        own.layers = cache.layers
        return own


def test_conversations_that_share_a_cache() -> None:
    assert "conversation 0 of 6 open at once" in violation_of("batch-rows", SharedCache()).where


def test_an_altered_cache_is_not_asked_which_exact_entries_it_holds() -> None:
    with pytest.raises(NotApplicable, match="alters the values of its entries, by up to 0"):
        load("kept-alone")(Subject(LAYOUT, own_caches.Int8Context(), Fraction(1, 2)))
