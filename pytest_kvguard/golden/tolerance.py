"""How far numbers may be from the recorded ones, by dtype."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["OTHER_ENTRIES", "Tolerance", "tolerance_for"]


@dataclass(frozen=True)
class Tolerance:
    """What rounding may do.

    Attributes:
        dtype: the dtype it is meant for.
        overlap: least share of kept entries that must be the recorded ones, mean over layers, where the environment
            excuses any other.
        layer_overlap: the same for every single layer.
        logits: most that a logit may differ.
        divergence: most nats of Kullback-Leibler divergence, recorded from now, of one token's distribution.
        margin: most that the logits of two tokens may have been apart for the choice between them to be a near tie.
    """

    dtype: str
    overlap: float
    layer_overlap: float
    logits: float
    divergence: float
    margin: float


BY_DTYPE = (
    # The sum over all words is held in float32, where it is off by up to 2e-6 on either side.
    Tolerance("float32", 0.998, 0.98, 1e-3, 1e-5, 1e-3),
    Tolerance("float16", 0.99, 0.96, 0.2, 1e-3, 0.1),
    Tolerance("bfloat16", 0.97, 0.92, 1.0, 5e-2, 0.5),
)
"""Finest first."""

OTHER_ENTRIES = Tolerance("a cache with other entries", 0.97, 0.92, 4.0, 0.2, 0.5)
"""Where a near tie let other entries stay, or gave a number another code, rounding is not what moves logits most."""


def tolerance_for(*dtypes: str) -> Tolerance:
    """Return the tolerance of the coarsest dtype; that of float32 where none is known."""
    return next((known for known in reversed(BY_DTYPE) if known.dtype in dtypes), BY_DTYPE[0])
