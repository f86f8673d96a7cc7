"""What a quantizer stores is off by something, within what its bits allow, and the same whatever lies beside it."""

from __future__ import annotations

import torch
from torch import Tensor

from kvguard_policies.compression import compress
from kvguard_policies.quantizers.quantizer import Quantizer
from kvguard_policies.stores import Store
from pytest_kvguard.invariants.arms import context_of, recorded
from pytest_kvguard.invariants.differences import FLOAT32, first_wrong
from pytest_kvguard.invariants.finding import Finding, NotApplicable
from pytest_kvguard.invariants.subject import Subject

__all__ = ["find"]

TOKENS = 96
HALVES = ("keys", "values")


@torch.no_grad()
def find(subject: Subject) -> Finding | None:
    """Store the rows of every layer, all heads together and one by one, and read them back."""
    policy, model = subject.policy, subject.source.model()
    if not isinstance(policy, Quantizer):
        raise NotApplicable("the policy does not quantize into our stores")
    record = recorded(model, context_of(model, TOKENS), policy, subject.kernel)
    exact = compress(record, None, 0)
    for index in record.compressible_layers:
        rows = tuple(half.unflatten(0, (-1, TOKENS)) for half in (exact.layers[index].keys, exact.layers[index].values))
        store = policy.store(*rows)
        if found := _unlike_alone(policy, store, rows, index) or _too_far(policy, store, rows, index):
            return found
    return None


def _unlike_alone(policy: Quantizer, store: Store, rows: tuple[Tensor, ...], layer: int) -> Finding | None:
    together = store.read()
    for head in range(rows[0].shape[0]):
        alone = policy.store(*(half[head : head + 1] for half in rows)).read()
        for name, seen, wanted in zip(HALVES, together, alone, strict=True):
            if found := first_wrong(seen[head], wanted[0], FLOAT32):
                return Finding(f"stored {name}", *found[1], "heads together and alone", layer, head, found[0][0])
    return None


def _too_far(policy: Quantizer, store: Store, rows: tuple[Tensor, ...], layer: int) -> Finding | None:
    """Compare the error with that of the simplest quantizer of so many bits: one scale per head."""
    for name, exact, read, kept in zip(HALVES, rows, store.read(), store.exact_tokens, strict=True):
        packed = exact.shape[1] - kept
        error = (read - exact)[:, :packed].float().square().sum((1, 2)).sqrt()
        allowed = (_rounded(exact[:, :packed].float(), getattr(policy, "bits", 1)) - exact[:, :packed]).square()
        for head, (off, most) in enumerate(zip(error.tolist(), allowed.sum((1, 2)).sqrt().tolist(), strict=True)):
            if packed and not 0 < off <= most:
                where = f"{packed} of {exact.shape[1]} rows packed"
                expected = f"above 0, at most {most:.4g} as with one scale per head"
                return Finding(f"error of stored {name}", f"{off:.4g}", expected, where, layer, head)
    return None


def _rounded(rows: Tensor, bits: int) -> Tensor:
    """Return rows (H, m, D) rounded to ``2 ** bits`` levels between each head's smallest and largest number."""
    low, high = rows.amin((1, 2), keepdim=True), rows.amax((1, 2), keepdim=True)
    step = (high - low) / (2**bits - 1)
    rounded: Tensor = ((rows - low) / step).round() * step + low
    return rounded
