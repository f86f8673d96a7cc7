"""Simulated checks of a contract under a harmless change and a true drop; no model."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np

__all__ = ["ADHERENCE", "INSTRUCTIONS", "PROBES", "SIGNIFICANCE_LEVEL", "Design", "draw_checks"]

INSTRUCTIONS = ("a", "b", "c", "d")
"""The instructions of the simulated contract, unless a design has another number of them."""

PROBES = ("p", "q", "r")
SIGNIFICANCE_LEVEL = 0.05
ADHERENCE = 0.9
REDRAWN = 0.3


@dataclass(frozen=True)
class Design:
    """One simulated situation.

    Attributes:
        orders: planned orders of the contract.
        max_drop: the margin of the gate, 0..1.
        drop: the true drop of adherence, 0..1.
        hit: number of the instructions that drop.
        dependence: correlation between checks of one order, 0..1.
        instructions: number of instructions.
        whole: whether the drop loses all checks of some prompts, and there is no other change.
    """

    orders: int
    max_drop: float = 0.0
    drop: float = 0.0
    hit: int = len(INSTRUCTIONS)
    dependence: float = 0.5
    instructions: int = len(INSTRUCTIONS)
    whole: bool = False


def draw_checks(design: Design, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return which checks hold, uncompressed and compressed: two (orders, probes, instructions) bool arrays.

    A check holds where a normal deviate is low enough; the deviates of an order are correlated. Compression, like a
    harmless change, draws some deviates anew: the shared one of a whole order, or the own ones of a conversation. So
    the arms are exchangeable, and the checks of an order change together. A true drop then fails some of the checks
    that hold.
    """
    shape = (design.orders, len(PROBES), design.instructions)
    shared, own = random.standard_normal((2, design.orders, 1, 1)), random.standard_normal((2, *shape))
    context = random.random((design.orders, 1, 1)) < REDRAWN
    conversation = context | (random.random((design.orders, len(PROBES), 1)) < REDRAWN)
    bound, weight = NormalDist().inv_cdf(ADHERENCE), design.dependence
    before = sqrt(weight) * shared[0] + sqrt(1 - weight) * own[0] < bound
    after = (
        sqrt(weight) * np.where(context, shared[1], shared[0])
        + sqrt(1 - weight) * np.where(conversation, own[1], own[0])
        < bound
    )
    if design.whole:
        before, after = np.ones((2, *shape), bool)
        taken = np.broadcast_to(random.random((design.orders, 1, 1)) < design.drop, shape).copy()
    else:
        taken = random.random(shape) < design.drop / ADHERENCE
    taken[:, :, design.hit :] = False
    return before, after & ~taken
