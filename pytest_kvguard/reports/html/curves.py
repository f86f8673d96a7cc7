"""Decay curves: by ratio, the share of instructions obeyed uncompressed that are still obeyed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pytest_kvguard.stats.intervals import wilson_interval
from pytest_kvguard.values.cell import DEFAULT_KERNEL, NO_POLICY, Cell

__all__ = ["Chart", "CurvePoint", "Series", "charts"]

Record = dict[str, Any]

HELD, BROKEN = "HELD", ("LOST", "LEAKED")
LEFT, RIGHT, TOP, BOTTOM = 44, 396, 14, 186
"""The plot's edges, in units of the drawing."""

NUDGE = 3
"""Horizontal shift between series, so that whiskers at one ratio do not overlap."""


@dataclass(frozen=True)
class CurvePoint:
    """The share that holds at one ratio, with its 95 % Wilson interval.

    Attributes:
        held, checks: number of cases that hold, of those that hold uncompressed.
        x, y, low_y, high_y: coordinates in the drawing.
    """

    ratio: str
    held: int
    checks: int
    low: float
    high: float
    x: float
    y: float
    low_y: float
    high_y: float


@dataclass(frozen=True)
class Series:
    """The curve of one policy on one kernel; ``number`` chooses its colour and mark."""

    label: str
    number: int
    points: tuple[CurvePoint, ...]

    @property
    def path(self) -> str:
        """The line through the points, which starts at ratio 0, where everything holds by definition."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in [(LEFT, TOP), *((point.x, point.y) for point in self.points)])


@dataclass(frozen=True)
class Chart:
    """The curves of one contract, or of all."""

    title: str
    series: tuple[Series, ...]


def charts(cases: Sequence[Record], cells: Sequence[Cell]) -> list[Chart]:
    """Return one chart over all contracts and one per contract; none if nothing was compressed."""
    judged = [case for case in cases if case["policy"] != NO_POLICY and case["verdict"] in (HELD, *BROKEN)]
    names = dict.fromkeys((cell.policy_name, cell.kernel) for cell in cells if not cell.is_uncompressed)
    labels = {(policy, kernel): policy + f", {kernel}" * (kernel != DEFAULT_KERNEL) for policy, kernel in names}
    contracts = list(dict.fromkeys(case["contract"] for case in judged))
    groups = [("all contracts", judged)] if len(contracts) != 1 and judged else []
    groups += [(name, [case for case in judged if case["contract"] == name]) for name in contracts]
    return [Chart(title, _series(members, labels)) for title, members in groups]


def _series(cases: Sequence[Record], labels: dict[tuple[str, str], str]) -> tuple[Series, ...]:
    series = []
    for number, (key, label) in enumerate(labels.items()):
        mine = [case for case in cases if (case["policy"], case["kernel"]) == key]
        ratios = sorted({case["ratio"] for case in mine}, key=Fraction)
        nudge = NUDGE * (number - (len(labels) - 1) / 2)
        points = tuple(_point(ratio, [c for c in mine if c["ratio"] == ratio], nudge) for ratio in ratios)
        series += [Series(label, number, points)] if points else []
    return tuple(series)


def _point(ratio: str, cases: Iterable[Record], nudge: float) -> CurvePoint:
    verdicts = [case["verdict"] for case in cases]
    held, checks = verdicts.count(HELD), len(verdicts)
    low, high = wilson_interval(held, checks) or (0.0, 1.0)
    x = LEFT + float(Fraction(ratio)) * (RIGHT - LEFT) + nudge
    return CurvePoint(ratio, held, checks, low, high, x, _y(held / checks), _y(low), _y(high))


def _y(share: float) -> float:
    return BOTTOM - share * (BOTTOM - TOP)
