"""Quantized entries have an error that their bits allow, and no other head changes it."""

from __future__ import annotations

import torch
from torch import Tensor
from transformers import PreTrainedModel

from kvguard_policies.compression import compress
from kvguard_policies.quantizers.quantizer import Quantizer
from kvguard_policies.stores import Store
from pytest_kvguard.invariants.arms import TOKENS, context_of, recorded
from pytest_kvguard.invariants.contexts import LONGER
from pytest_kvguard.invariants.differences import FLOAT32, first_mismatch, told_apart
from pytest_kvguard.invariants.quantized_entries import HALVES, allowed_error, quantizer_of
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["find"]


@torch.no_grad()
def find(subject: Subject) -> Violation | None:
    """Return the first entry that is stored too exactly, too roughly, or differently beside other heads, or None."""
    policy, model = quantizer_of(subject), subject.source.model()
    for index, entries in _entries(policy, model, subject).items():
        store = policy.store(*entries)
        if violation := _unlike_alone(policy, store, entries, index) or _wrong_error(policy, store, entries, index):
            return violation
    return None


def _entries(policy: Quantizer, model: PreTrainedModel, subject: Subject) -> dict[int, tuple[Tensor, Tensor]]:
    """Return, by layer, the exact keys and values (H, T, D) of the first context of which something is packed.

    Raises:
        NotApplicable: nothing is, at any length.
    """
    for tokens in (TOKENS + more for more in LONGER):
        record = recorded(model, context_of(model, tokens), policy, subject.kernel)
        exact = compress(record, None, 0)
        layers = {index: exact.layers[index] for index in record.compressible_layers}
        entries = {
            index: (layer.keys.unflatten(0, (-1, tokens)), layer.values.unflatten(0, (-1, tokens)))
            for index, layer in layers.items()
        }
        if any(min(policy.store(*halves).exact_tokens) < tokens for halves in entries.values()):
            return entries
    raise NotApplicable(f"the quantizer leaves {TOKENS + LONGER[-1]} tokens exact, all of them")


def _unlike_alone(policy: Quantizer, store: Store, entries: tuple[Tensor, ...], layer: int) -> Violation | None:
    if policy.heads_share:
        return None
    together = store.read()
    for head in range(entries[0].shape[0]):
        alone = policy.store(*(half[head : head + 1] for half in entries)).read()
        for name, observed, expected in zip(HALVES, together, alone, strict=True):
            if mismatch := first_mismatch(observed[head], expected[0], FLOAT32):
                where = "heads together and alone; a quantizer whose heads share scales sets heads_share = True"
                return Violation(f"stored {name}", *mismatch[1], where, layer, head, mismatch[0][0])
    return None


def _wrong_error(policy: Quantizer, store: Store, entries: tuple[Tensor, ...], layer: int) -> Violation | None:
    """Return an error of 0, or one above that of the simplest quantizers of as many bits, or None."""
    for name, exact, read, kept in zip(HALVES, entries, store.read(), store.exact_tokens, strict=True):
        packed = exact.shape[1] - kept
        if not packed:
            continue
        error = (read - exact)[:, :packed].float().square().sum((1, 2)).sqrt()
        allowed = allowed_error(policy, exact[:, :packed])
        for head, (off, most) in enumerate(zip(error.tolist(), allowed.tolist(), strict=True)):
            if not 0 < off <= most:
                where = f"{packed} of {exact.shape[1]} entries packed"
                observed, largest = told_apart(off, most)
                expected = f"above 0, at most {largest} as with one scale"
                return Violation(f"error of stored {name}", observed, expected, where, layer, head)
    return None
