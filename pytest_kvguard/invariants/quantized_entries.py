"""Bounds on the error of quantized entries, which follow from what a quantizer declares."""

from __future__ import annotations

import torch
from torch import Tensor

from kvguard_policies.hf_cache import CompactCache
from kvguard_policies.quantizers.quantizer import Quantizer
from pytest_kvguard.invariants.arms import entries_of
from pytest_kvguard.invariants.differences import first_mismatch, told_apart
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["HALVES", "allowed_error", "quantizer_of", "wrong_stored_entry"]

HALVES = ("keys", "values")

SLACK = 1.01
"""Rounding of scales, and of the entries themselves, beside the error of their codes."""

UNKNOWN_BITS = 0.75
"""The largest error of a quantizer that declares no bits, as a share of the entries' norm; that of one bit is 0.6."""


def quantizer_of(subject: Subject) -> Quantizer:
    """Return the quantizer under test.

    Raises:
        NotApplicable: the policy does not quantize into our stores.
    """
    if not isinstance(subject.policy, Quantizer):
        raise NotApplicable("the policy does not quantize into our stores")
    return subject.policy


def allowed_error(quantizer: Quantizer, exact: Tensor) -> Tensor:
    """Return the largest L2 error (H,) of each head's entries (H, m, D).

    It is that of the simplest quantizers of as many bits, which have one scale per head, or per layer where the
    quantizer says that its heads share scales, between the smallest and the largest number or symmetric around 0.
    """
    exact = exact.float()
    bits = getattr(quantizer, "bits", None)
    if not isinstance(bits, int) or not 2 <= bits <= 16:
        return UNKNOWN_BITS * exact.square().sum((1, 2)).sqrt()
    axes = (0, 1, 2) if quantizer.heads_share else (1, 2)
    low, high = exact.amin(axes, keepdim=True), exact.amax(axes, keepdim=True)
    between = _rounded(exact - low, (high - low) / (2**bits - 1)) + low
    symmetric = _rounded(exact, exact.abs().amax(axes, keepdim=True) / (2 ** (bits - 1) - 1))
    errors = [(rounded - exact).square().sum((1, 2)).sqrt() for rounded in (between, symmetric)]
    return SLACK * torch.maximum(*errors)


def _rounded(vectors: Tensor, step: Tensor) -> Tensor:
    return (vectors / step.clamp(min=1e-30)).round() * step


def wrong_stored_entry(
    quantizer: Quantizer, context: CompactCache, exact: tuple[Tensor, Tensor], layer: int
) -> Violation | None:
    """Return how the entries that one layer of a quantized context reads are none of their exact vectors, or None.

    Args:
        quantizer: of the context.
        context: the context.
        exact: keys and values (H, T, D) of all its tokens.
        layer: the layer, which does not slide.
    """
    held = context.layers[layer]
    stores = held.stores  # type: ignore[attr-defined]
    for head in range(len(held.counts)):
        positions, *halves = entries_of(context, layer, head)
        store = stores[0] if len(stores) == 1 else stores[head]
        for name, read, source, newest in zip(HALVES, halves, exact, store.exact_tokens, strict=True):
            true = source[head][positions]
            packed = len(positions) - newest
            if mismatch := first_mismatch(read[packed:], true[packed:], 0.0):
                position = int(positions[packed + mismatch[0][0]])
                return Violation(f"exact {name}", *mismatch[1], "the newest entries", layer, head, position)
            if packed and (violation := _beyond(quantizer, read[:packed], true[:packed], f"error of stored {name}")):
                what, observed, allowed = violation
                return Violation(what, observed, f"{allowed} or less", f"{packed} packed", layer, head)
    return None


def _beyond(quantizer: Quantizer, read: Tensor, exact: Tensor, what: str) -> tuple[str, str, str] | None:
    error = float((read.float() - exact.float()).norm())
    allowed = float(allowed_error(quantizer, exact[None])[0])
    # Where heads share a scale, that of another head may be larger.
    if error <= allowed * SLACK or (quantizer.heads_share and error <= UNKNOWN_BITS * float(exact.float().norm())):
        return None
    return (what, *told_apart(error, allowed))
