"""What a fault is, and what a refactor is that nobody may notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kvguard.faults.planting import Planting
    from pytest_kvguard.faults.setting import Setting

__all__ = ["AROUND", "CACHE", "HARNESS", "KERNEL", "LEVELS", "POLICY", "QUANTIZER", "Fault", "Refactor", "nowhere"]

POLICY, CACHE, KERNEL, QUANTIZER, HARNESS = "policy", "cache", "kernel", "quantizer", "harness"
AROUND = (POLICY, CACHE, KERNEL, QUANTIZER, HARNESS)
"""What a fault is planted around."""

LEVELS = {
    "K": "kept indices",
    "N": "lengths and counts",
    "M": "ratio or memory",
    "L": "logits",
    "T": "tokens",
    "A": "adherence",
    "X": "leaks",
    "S": "second call, left-over state",
    "B": "batch against solo",
}
"""The cheapest thing that sees a fault, by letter."""


def nowhere(setting: Setting) -> str:
    """Return nothing: the fault can be seen in every setting."""
    return ""


@dataclass(frozen=True)
class Fault:
    """A defect that happened somewhere.

    Attributes:
        id: how it is called; its file has the same name.
        around: one of ``AROUND``.
        seen: the thread where it was reported, e.g. ``NVIDIA/kvpress#226``.
        symptom: what people saw.
        seed: how it is planted.
        levels: letters of ``LEVELS`` at which it is expected to be seen.
        plant: replaces parts of the code under test.
        equivalent: says why a setting cannot tell it from sound code; empty where it can.
    """

    id: str
    around: str
    seen: str
    symptom: str
    seed: str
    levels: str
    plant: Callable[[Planting, Setting], None]
    equivalent: Callable[[Setting], str] = nowhere


@dataclass(frozen=True)
class Refactor:
    """A change that changes nothing a test may hold on to.

    Attributes:
        id: how it is called; its file has the same name.
        around: one of ``AROUND``.
        change: what is done differently.
        plant: replaces parts of the code under test.
    """

    id: str
    around: str
    change: str
    plant: Callable[[Planting, Setting], None]
