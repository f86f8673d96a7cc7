"""Quantized entries have an error that their bits allow, and no other head changes it."""

from __future__ import annotations

import torch
from torch import Tensor

from kvguard_policies.compression import compress
from kvguard_policies.quantizers.quantizer import Quantizer
from kvguard_policies.stores import Store
from pytest_kvguard.invariants.arms import context_of, recorded
from pytest_kvguard.invariants.differences import FLOAT32, first_mismatch
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["find"]

TOKENS = 96
HALVES = ("keys", "values")


@torch.no_grad()
def find(subject: Subject) -> Violation | None:
    """Return the first entry that is stored too exactly, too roughly, or differently beside other heads, or None."""
    policy, model = subject.policy, subject.source.model()
    if not isinstance(policy, Quantizer):
        raise NotApplicable("the policy does not quantize into our stores")
    record = recorded(model, context_of(model, TOKENS), policy, subject.kernel)
    exact = compress(record, None, 0)
    for index in record.compressible_layers:
        layer = exact.layers[index]
        entries = tuple(half.unflatten(0, (-1, TOKENS)) for half in (layer.keys, layer.values))
        store = policy.store(*entries)
        if violation := _unlike_alone(policy, store, entries, index) or _wrong_error(policy, store, entries, index):
            return violation
    return None


def _unlike_alone(policy: Quantizer, store: Store, entries: tuple[Tensor, ...], layer: int) -> Violation | None:
    together = store.read()
    for head in range(entries[0].shape[0]):
        alone = policy.store(*(half[head : head + 1] for half in entries)).read()
        for name, observed, expected in zip(HALVES, together, alone, strict=True):
            if mismatch := first_mismatch(observed[head], expected[0], FLOAT32):
                where = "heads together and alone"
                return Violation(f"stored {name}", *mismatch[1], where, layer, head, mismatch[0][0])
    return None


def _wrong_error(policy: Quantizer, store: Store, entries: tuple[Tensor, ...], layer: int) -> Violation | None:
    """Return an error of 0, or one above that of the simplest quantizer of as many bits: one scale per head."""
    for name, exact, read, kept in zip(HALVES, entries, store.read(), store.exact_tokens, strict=True):
        packed = exact.shape[1] - kept
        error = (read - exact)[:, :packed].float().square().sum((1, 2)).sqrt()
        allowed = (_rounded(exact[:, :packed].float(), getattr(policy, "bits", 1)) - exact[:, :packed]).square()
        for head, (off, most) in enumerate(zip(error.tolist(), allowed.sum((1, 2)).sqrt().tolist(), strict=True)):
            if packed and not 0 < off <= most:
                where = f"{packed} of {exact.shape[1]} entries packed"
                expected = f"above 0, at most {most:.4g} as with one scale per head"
                return Violation(f"error of stored {name}", f"{off:.4g}", expected, where, layer, head)
    return None


def _rounded(vectors: Tensor, bits: int) -> Tensor:
    """Return vectors (H, m, D) rounded to ``2 ** bits`` levels between each head's smallest and largest number."""
    low, high = vectors.amin((1, 2), keepdim=True), vectors.amax((1, 2), keepdim=True)
    step = (high - low) / (2**bits - 1)
    rounded: Tensor = ((vectors - low) / step).round() * step + low
    return rounded
