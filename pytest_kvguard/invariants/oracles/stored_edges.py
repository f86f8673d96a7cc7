"""Quantized entries stay in range where numbers are constant or huge, in half precision, and as stores grow."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from kvguard_policies.compression import compress
from kvguard_policies.quantizers.quantizer import Quantizer
from kvguard_policies.stores import Store
from pytest_kvguard.invariants.arms import context_of, recorded
from pytest_kvguard.invariants.quantized_entries import quantizer_of
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["find"]

TOKENS, GROWTH = 96, 288
"""Length of the context, and tokens appended one by one: more than twice any usual exact window."""
DTYPES = (torch.float32, torch.bfloat16, torch.float16)
HALVES = ("key", "value")
OUTLIER = {torch.float32: 1e6, torch.bfloat16: 1e6, torch.float16: 3e4}
LEAST_RANGE = 1e-3
"""The smallest range of a layer's numbers that counts, as a share of the largest."""
LEAST_PACKED = 0.5
"""Share of the appended tokens that must be packed in the end, since a store keeps its newest entries exact alone."""


@torch.no_grad()
def find(subject: Subject) -> Violation | None:
    """Return the first entry that is not finite or out of range, or a store that stops packing, or None."""
    policy, model = quantizer_of(subject), subject.source.model()
    record = recorded(model, context_of(model, TOKENS + GROWTH), None, subject.kernel)
    if not record.compressible_layers:
        raise NotApplicable("every layer of the model slides")
    layer = compress(record, None, 0).layers[record.compressible_layers[0]]
    keys, values = (half.unflatten(0, (-1, TOKENS + GROWTH)) for half in (layer.keys, layer.values))
    for dtype in DTYPES:
        for name, halves in _edges(keys[:, :TOKENS].to(dtype), values[:, :TOKENS].to(dtype)):
            if violation := _wrong(policy.store(*halves), halves, f"{name}, {str(dtype).removeprefix('torch.')}"):
                return violation
    return _wrong_growth(policy, keys, values)


def _edges(keys: Tensor, values: Tensor) -> Iterator[tuple[str, tuple[Tensor, Tensor]]]:
    """Yield entries whose numbers are as usual, partly constant, all zero, or hold one huge number."""
    yield "usual numbers", (keys, values)
    constant = keys.clone(), values.clone()
    for half in constant:
        half[:, :, 0] = 1.5
        half[:, :, 1:] *= 1 / 64
        half[0] = 0.25
    yield "constant channels and a constant head", constant
    yield "zeros", (torch.zeros_like(keys), torch.zeros_like(values))
    huge = keys.clone(), values.clone()
    for half in huge:
        half[:, 3, 0], half[:, 5, 1] = OUTLIER[half.dtype], -OUTLIER[half.dtype]
    yield f"one number of ± {OUTLIER[keys.dtype]:g}", huge


def _wrong(store: Store, halves: tuple[Tensor, Tensor], where: str) -> Violation | None:
    """Return the first number read that is not finite, or farther from the exact one than the layer's numbers range."""
    for name, exact, read in zip(HALVES, halves, store.read(), strict=True):
        true, observed = exact.float(), read.float()
        allowed = max(float(true.max() - true.min()), LEAST_RANGE * float(true.abs().max()))
        wrong = ~((observed - true).abs() <= allowed)
        if wrong.any():
            head, token, channel = (int(axis) for axis in wrong.nonzero()[0])
            shown = f"{float(observed[head, token, channel]):.6g}", f"{float(true[head, token, channel]):.6g}"
            expected = f"{shown[1]} ± {allowed:.3g}"
            return Violation(f"stored {name}, channel {channel}", shown[0], expected, where, head=head, position=token)
    return None


def _wrong_growth(policy: Quantizer, keys: Tensor, values: Tensor) -> Violation | None:
    """Return an error of entries that were packed while the store grew, or that none was, or None."""
    store, at_once = policy.store(keys[:, :TOKENS], values[:, :TOKENS]), policy.store(keys, values)
    for token in range(TOKENS, TOKENS + GROWTH):
        store.append(keys[:, token : token + 1], values[:, token : token + 1])
    where = f"{TOKENS} tokens, {GROWTH} appended one by one"
    for number, name in enumerate(HALVES):
        packed = 1 - store.exact_tokens[number] / GROWTH
        if packed < LEAST_PACKED:
            expected = f"at least {LEAST_PACKED:.0%}"
            return Violation(f"share of the appended {name}s that is packed", f"{packed:.0%}", expected, where)
    read = zip(HALVES, (keys, values), store.read(), at_once.read(), strict=True)
    for (name, exact, grown, whole), window in zip(read, store.exact_tokens, strict=True):
        late = slice(TOKENS, TOKENS + GROWTH - window)
        off, usual = (float((half[:, late] - exact[:, late]).norm()) for half in (grown, whole))
        if not off <= _allowed(exact, late, usual):
            expected = f"at most {_allowed(exact, late, usual):.4g}; packed at once {usual:.4g}"
            return Violation(f"error of the {name}s packed while growing", f"{off:.4g}", expected, where)
    return None


def _allowed(exact: Tensor, late: slice, at_once: float) -> float:
    """Return the error that late entries may have: twice that of entries packed at once, or a tenth of their norm."""
    return max(2 * at_once, 0.1 * float(exact[:, late].norm()))
