"""What a run reports of a cache is what the cache holds: entries, ratio, bytes, error and keep rates, every time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from kvguard_policies.compression import PrefillRecord, compress
from kvguard_policies.hf_cache import CompactCache
from kvguard_policies.policy import OwnCache, Policy
from kvguard_policies.quantization import AllExactError
from kvguard_policies.quantizers.quantizer import Quantizer
from kvguard_policies.stores import QuantizationLoss
from pytest_kvguard.engine.jobs import Generation
from pytest_kvguard.errors import InactivePolicyError
from pytest_kvguard.invariants.arms import context_of, layout_of, recorded
from pytest_kvguard.invariants.contexts import OwnContext, compressed
from pytest_kvguard.invariants.engine_runs import cell_of, job_of, run
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import NotApplicable, Violation
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.results import CacheReport

__all__ = ["find"]

LENGTHS = (96, 61)
SAME = 1e-6


@dataclass(frozen=True)
class _Figures:
    """The figures of one context, as a run reports them or as they are counted in the cache; None where unknown."""

    entries_before: int
    entries_after: int | None
    bytes_before: int
    bytes_after: int
    ratio: float | None
    keep_rates: tuple[tuple[float, ...], ...] | None
    error: str


def find(subject: Subject) -> Violation | None:
    """Return the first reported figure that is not that of the cache, or changes when the context is used again."""
    model, cell = subject.source.model(), cell_of(subject)
    own = isinstance(subject.required_policy, OwnCache)
    jobs = [job_of(model, cell, tokens) for tokens in LENGTHS]
    between = [job_of(model, Cell.of("knorm", Fraction(1, 2), cell.kernel), tokens) for tokens in LENGTHS]
    try:
        first, again = (run(model, jobs), run(model, [*between, *jobs])[len(between) :])
    except (AllExactError, InactivePolicyError) as error:
        raise NotApplicable(f"nothing changes in contexts of {LENGTHS} tokens: {error}") from None
    for tokens, *generations in zip(LENGTHS, first, again, strict=True):
        held = _held_in_own(subject, model, tokens, cell) if own else _held(subject, model, tokens, cell.ratio)
        for generation, where in zip(generations, ("", ", used again after another policy"), strict=True):
            reported = _reported(generation, tokens)
            if violation := _first_difference(reported, held, f"{tokens} tokens, ratio {cell.ratio}{where}"):
                return violation
        if violation := _not_as_asked(subject.required_policy, held, tokens, cell):
            return violation
    return None


def _reported(generation: Generation, tokens: int) -> _Figures:
    figures = generation.entries_before, generation.entries_after, generation.bytes_before, generation.bytes_after
    ratio = CacheReport("", *figures).achieved_ratio
    rates = tuple(generation.kept.keep_rates(spans) for spans in layout_of(tokens).groups) if generation.kept else ()
    errors = [note.removeprefix("quantized: ") for note in generation.notes if note.startswith("quantized: ")]
    return _Figures(*figures, ratio, rates, "".join(errors))


def _held(subject: Subject, model: PreTrainedModel, tokens: int, ratio: Fraction) -> _Figures:
    """Return the figures of a context, counted in a cache of ours that is compressed anew."""
    policy = subject.required_policy
    record = recorded(model, context_of(model, tokens), policy, subject.kernel)
    context = compress(record, policy, ratio)
    before, exact = _before(record)
    kept = [context.layers[index].positions for index in record.compressible_layers]
    after = sum(len(positions) for heads in kept for positions in heads)
    rates = tuple(tuple(_keep_rate(heads, spans) for heads in kept) for spans in layout_of(tokens).groups)
    size = sum(map(_size_of, _held_tensors(context)))
    return _Figures(before, after, exact, size, 1 - after / before, rates, _error(record, context))


def _held_in_own(subject: Subject, model: PreTrainedModel, tokens: int, cell: Cell) -> _Figures:
    """Return the figures of a context, counted in a cache that the policy fills anew; None where it cannot be known.

    The entries of such a cache have no positions, and some caches evict more of them while the model generates.
    """
    policy, ids = subject.required_policy, context_of(model, tokens)
    record = recorded(model, ids, None, subject.kernel)
    before, exact = _before(record)
    context = compressed(subject, model, ids, cell.ratio)
    assert isinstance(policy, OwnCache) and isinstance(context, OwnContext)
    size = sum(_size_of(half) for layer in context.cache.layers for half in (layer.keys, layer.values))
    later = policy.evicts_later(context.cache)
    counts = context.counts()
    after = None if later else sum(sum(counts[index]) for index in record.compressible_layers)
    return _Figures(before, after, exact, size, None if after is None else 1 - after / before, None, "")


def _before(record: PrefillRecord) -> tuple[int, int]:
    """Return the entries of the compressible layers of an uncompressed context, and the bytes of all layers."""
    entries = sum(record.keys[index].shape[0] for index in record.compressible_layers) * record.tokens
    return entries, sum(map(_size_of, (*record.keys, *record.values)))


def _size_of(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _held_tensors(context: CompactCache) -> Iterator[Tensor]:
    """Yield the tensors in which a context's entries are stored; an unpacked copy beside a store is none of them."""
    for layer in context.layers:
        stores = getattr(layer, "stores", None)
        found: dict[int, Tensor] = {}
        for part in (layer.keys, layer.values) if stores is None else stores:
            found.update({id(tensor): tensor for tensor in _tensors_in(part)})
        yield from found.values()


def _tensors_in(value: Any) -> Iterator[Tensor]:
    """Yield the tensors in nested containers and objects, also inside tensor subclasses."""
    if isinstance(value, Tensor):
        parts = getattr(value, "__tensor_flatten__", None)
        yield from _tensors_in([getattr(value, name) for name in parts()[0]]) if parts else [value]
    elif isinstance(value, dict):
        yield from _tensors_in(list(value.values()))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _tensors_in(part)
    elif not callable(value) and hasattr(value, "__dict__"):
        yield from _tensors_in(vars(value))


def _keep_rate(heads: tuple[Tensor, ...], intervals: tuple[tuple[int, int], ...]) -> float:
    """Return the share of a span's (token, KV head) pairs that were kept."""
    inside = [position for first, last in intervals for position in range(first, last)]
    return sum(int(torch.isin(positions.cpu(), torch.tensor(inside)).sum()) for positions in heads) / (
        len(inside) * len(heads)
    )


def _error(record: PrefillRecord, context: CompactCache) -> str:
    """Return the error of the packed vectors as a report writes it, computed store by store; empty if none is."""
    if context.loss is None:
        return ""
    sums = torch.zeros(2, 4, dtype=torch.float64)
    for index in context.compressible_layers:
        layer, first = context.layers[index], 0
        for store in layer.stores:  # type: ignore[attr-defined]
            heads = range(first, first + len(layer.counts) // len(layer.stores))  # type: ignore[attr-defined]
            first = heads[-1] + 1
            for half, (exact, window) in enumerate(zip((record.keys, record.values), store.exact_tokens, strict=True)):
                read = (layer.keys, layer.values)[half].split(layer.counts)
                for head in heads:
                    packed = slice(0, layer.counts[head] - window)
                    true = exact[index][head][layer.positions[head]][packed].double()
                    off = (read[head][packed].double() - true).square().sum()
                    sums[half] += torch.tensor([off, true.square().sum(), len(true), layer.counts[head]])
    return str(_loss_of(sums))


def _loss_of(sums: Tensor) -> QuantizationLoss:
    errors = [float((off / true) ** 0.5) if count else None for off, true, count, _ in sums]
    shares = [float(count / entries) for _, _, count, entries in sums]
    return QuantizationLoss(errors[0], errors[1], shares[0], shares[1])


def _first_difference(reported: _Figures, held: _Figures, where: str) -> Violation | None:
    for name, now in vars(reported).items():
        true = getattr(held, name)
        if true is None:
            continue
        if name == "keep_rates":
            now, true = (tuple(round(rate, 9) for rates in each for rate in rates) for each in (now, true))
        same = abs(now - true) < SAME if name == "ratio" else now == true
        if not same:
            return Violation(f"reported {name.replace('_', ' ')}", str(now), f"{true}, as the cache holds", where)
    return None


def _not_as_asked(policy: Policy, held: _Figures, tokens: int, cell: Cell) -> Violation | None:
    """Return a violation where the ratio of a cache of ours is not the one that was asked for.

    Whether a cache of a policy's own follows the ratio is what ``budget`` asks.
    """
    if held.ratio is None or isinstance(policy, OwnCache) or (cell.policy is not None and cell.policy.ignores_ratio):
        return None
    evicts_nothing = isinstance(policy, Quantizer) and policy.base is None
    asked = 0.0 if evicts_nothing else 1 - max(1, int(tokens * (1 - cell.ratio))) / tokens
    if abs(held.ratio - asked) <= SAME:
        return None
    return Violation("achieved ratio", f"{held.ratio:g}", f"{asked:g}", f"{tokens} tokens")
