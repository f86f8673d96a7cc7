"""Tolerances: how far numbers may differ from the recorded ones, and which changes of the environment excuse it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["OTHER_ENTRIES", "Change", "Tolerance", "changes_between", "is_excused", "tolerance_for"]


@dataclass(frozen=True)
class Tolerance:
    """The differences that rounding may cause.

    Attributes:
        dtype: the dtype to which it applies.
        overlap: the least share of kept entries that must be the recorded ones, averaged over layers, where the
            environment excuses others.
        layer_overlap: the same for every single layer.
        logits: the largest difference of a logit.
        divergence: the largest Kullback-Leibler divergence, in nats, of one token's distribution, recorded from now.
        margin: the largest difference between the logits of two tokens at which the choice between them is a near tie.
    """

    dtype: str
    overlap: float
    layer_overlap: float
    logits: float
    divergence: float
    margin: float


BY_DTYPE = (
    # The sum over the vocabulary is stored in float32, with an error of up to 2e-6 on either side.
    Tolerance("float32", 0.998, 0.98, 1e-3, 1e-5, 1e-3),
    Tolerance("float16", 0.99, 0.96, 0.2, 1e-3, 0.1),
    Tolerance("bfloat16", 0.97, 0.92, 1.0, 5e-2, 0.5),
)
"""The tolerances, finest dtype first."""

OTHER_ENTRIES = Tolerance("a cache with other entries", 0.97, 0.92, 4.0, 0.2, 0.5)
"""The tolerance where a near tie kept other entries, or quantized a number to another code, which moves logits more
than rounding does."""


def tolerance_for(*dtypes: str) -> Tolerance:
    """Return the tolerance of the coarsest of some dtypes, or that of float32 if none is known."""
    return next((tolerance for tolerance in reversed(BY_DTYPE) if tolerance.dtype in dtypes), BY_DTYPE[0])


EXCUSES = frozenset({"dtype", "device", "kernel", "cpu", "instructions", "threads", "torch", "transformers"})
"""The properties whose change may move numbers without a defect. Other weights and another version of this package
excuse nothing."""


@dataclass(frozen=True)
class Change:
    """One property of the environment whose value differs from the recorded one."""

    name: str
    recorded: str
    now: str

    def __str__(self) -> str:
        return f"{self.name} {self.recorded} → {self.now}"


def changes_between(recorded: Mapping[str, str], now: Mapping[str, str]) -> tuple[Change, ...]:
    """Return the properties that differ, in the order in which they were recorded."""
    names = dict.fromkeys([*recorded, *now])
    pairs = ((name, recorded.get(name, "unknown"), now.get(name, "unknown")) for name in names)
    return tuple(Change(*pair) for pair in pairs if pair[1] != pair[2])


def is_excused(changes: tuple[Change, ...]) -> bool:
    """Return whether some changes may change rounding, so that near ties may go the other way."""
    return any(change.name in EXCUSES for change in changes)
