"""Definitions of a fault, which tests should notice, and of a refactor, which no test may notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kvguard.faults.planting import Planting
    from pytest_kvguard.faults.setting import Setting

__all__ = [
    "AROUND",
    "CACHE",
    "EDITIONS",
    "FIRST",
    "HARNESS",
    "KERNEL",
    "LEVELS",
    "POLICY",
    "QUANTIZER",
    "SECOND",
    "Fault",
    "Refactor",
    "nowhere",
]

POLICY, CACHE, KERNEL, QUANTIZER, HARNESS = "policy", "cache", "kernel", "quantizer", "harness"
AROUND = (POLICY, CACHE, KERNEL, QUANTIZER, HARNESS)
"""The parts of the code around which a fault is planted."""

FIRST, SECOND = 1, 2
EDITIONS = {FIRST: "first half", SECOND: "second half"}
"""The halves of the catalogue. The second was written after the suite caught all of the first, and before any check for
it, so the two scores tell what the suite learned from what it was written for."""

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
"""The cheapest evidence that shows a fault, by letter."""


def nowhere(setting: Setting) -> str:
    """Return an empty reason: every setting can tell the fault from correct code."""
    return ""


@dataclass(frozen=True)
class Fault:
    """A reported defect.

    Attributes:
        id: its name, which is also the name of its file.
        around: one of ``AROUND``.
        seen: the thread in which it was reported, e.g. ``NVIDIA/kvpress#226``.
        symptom: how users noticed it.
        seed: the change that plants it.
        levels: letters of ``LEVELS`` at which it should show.
        plant: replaces parts of the code under test.
        equivalent: returns why a setting cannot tell it from correct code; empty where it can.
        edition: a key of ``EDITIONS``.
    """

    id: str
    around: str
    seen: str
    symptom: str
    seed: str
    levels: str
    plant: Callable[[Planting, Setting], None]
    equivalent: Callable[[Setting], str] = nowhere
    edition: int = FIRST


@dataclass(frozen=True)
class Refactor:
    """A change of the code that keeps its behaviour.

    Attributes:
        id: its name, which is also the name of its file.
        around: one of ``AROUND``.
        change: the difference in the code.
        plant: replaces parts of the code under test.
    """

    id: str
    around: str
    change: str
    plant: Callable[[Planting, Setting], None]
