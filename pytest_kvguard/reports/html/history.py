"""The page of many runs: curves per contract, instruction and cell, with the runs marked in which something changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_kvguard.reports.comparison.facts import KINDS, FactChange, changed_facts
from pytest_kvguard.reports.comparison.run_files import Run
from pytest_kvguard.reports.html.rendering import render_page
from pytest_kvguard.values.cell import Cell

__all__ = ["HISTORY", "Trend", "render_history", "trends"]

HISTORY = "history"
"""The command whose page it is."""

Record = Mapping[str, Any]

LEFT, RIGHT, TOP, BOTTOM = 44, 596, 26, 186
"""The plot's edges, in units of the drawing."""

NUDGE = 1.2
"""Vertical shift between curves, so that equal ones do not hide each other."""

MOST_TICKS = 12
LETTERS = dict(zip(KINDS, "MPLHSO", strict=True))
"""The letter that marks a change; H, for hardware, is that of the machine."""

HELD, JUDGED, UNMET = "HELD", ("HELD", "LOST", "LEAKED", "UNSTABLE"), "UNMET"
FELL, ROSE, UNEVEN, STEADY = "fell in the last run", "rose in the last run", "moved earlier", "steady"
TRENDS = (FELL, ROSE, UNEVEN, STEADY)


@dataclass(frozen=True)
class Point:
    """The share of an instruction's checks that held in one run.

    Attributes:
        run: the number of the run, from 1.
        held, checks: number of cases that held, of those that could be lost; of the uncompressed model, of all.
        x, y: coordinates in the drawing.
    """

    run: int
    held: int
    checks: int
    x: float
    y: float


@dataclass(frozen=True)
class Curve:
    """The curve of one instruction; ``number`` chooses its colour and mark."""

    instruction: str
    number: int
    points: tuple[Point, ...]

    @property
    def paths(self) -> list[str]:
        """The lines through points of runs that follow each other; a run without the instruction leaves a gap."""
        parts: list[list[Point]] = []
        for point in self.points:
            if parts and parts[-1][-1].run == point.run - 1:
                parts[-1].append(point)
            else:
                parts.append([point])
        return [" ".join(f"{point.x:.1f},{point.y:.1f}" for point in part) for part in parts if len(part) > 1]

    def share(self, run: int) -> float | None:
        """Return the share that held in a run; None if nothing of it ran."""
        return next((point.held / point.checks for point in self.points if point.run == run), None)


@dataclass(frozen=True)
class Trend:
    """The curves of one contract in one cell."""

    contract: str
    label: str
    curves: tuple[Curve, ...]
    word: str


def render_history(runs: Sequence[Run]) -> str:
    """Return the page.

    Args:
        runs: the runs, the earliest first.
    """
    changes = [[], *(changed_facts(one, other) for one, other in zip(runs, runs[1:], strict=False))]
    found = sorted(trends(runs), key=lambda trend: TRENDS.index(trend.word))
    count = len(runs)
    return render_page(
        "history.html.j2",
        HISTORY,
        runs=[(run, _totals(run), changed) for run, changed in zip(runs, changes, strict=True)],
        trends=found,
        words=[word for word in TRENDS if any(trend.word == word for trend in found)],
        contracts=list(dict.fromkeys(trend.contract for trend in found)),
        labels=list(dict.fromkeys(trend.label for trend in found)),
        marks=[(_x(number, count), _letters(changed)) for number, changed in enumerate(changes, start=1) if changed],
        ticks=[(_x(number, count), number) for number in range(1, count + 1, -(-count // MOST_TICKS))],
        letters=LETTERS,
        edges={"left": LEFT, "right": RIGHT, "top": TOP, "bottom": BOTTOM},
    )


def trends(runs: Sequence[Run]) -> list[Trend]:
    """Return the curves of every contract and cell, in the order in which they first ran."""
    places: dict[tuple[str, str], dict[str, dict[int, Counter[str]]]] = {}
    for number, run in enumerate(runs, start=1):
        for case in run.cases:
            place = places.setdefault((case["contract"], Cell.from_record(case).label), {})
            place.setdefault(case["instruction"], {}).setdefault(number, Counter())[_kind(case)] += 1
    found = []
    for (contract, label), by_instruction in places.items():
        curves = [_curve(name, n, by_run, len(runs)) for n, (name, by_run) in enumerate(by_instruction.items())]
        drawn = tuple(curve for curve in curves if curve.points)
        found += [Trend(contract, label, drawn, _word(drawn, len(runs)))] if drawn else []
    return found


def _kind(case: Record) -> str:
    """Return held, failed, or an empty text for a case that says nothing about its cell."""
    if Cell.from_record(case).is_uncompressed:
        return {HELD: "held", UNMET: "failed"}.get(case["verdict"], "")
    return "held" if case["verdict"] == HELD else "failed" if case["verdict"] in JUDGED else ""


def _curve(name: str, number: int, by_run: Mapping[int, Counter[str]], runs: int) -> Curve:
    points = []
    for run, counts in by_run.items():
        held, checks = counts["held"], counts["held"] + counts["failed"]
        if checks:
            y = BOTTOM - held / checks * (BOTTOM - TOP) + NUDGE * number
            points.append(Point(run, held, checks, _x(run, runs), y))
    return Curve(name, number, tuple(points))


def _x(run: int, runs: int) -> float:
    return LEFT + (run - 0.5) * (RIGHT - LEFT) / runs


def _word(curves: Sequence[Curve], last: int) -> str:
    """Return what happened to any of the curves, the gravest first."""
    steps = [(curve.share(last - 1), curve.share(last)) for curve in curves]
    both = [(before, after) for before, after in steps if before is not None and after is not None]
    if any(after < before for before, after in both):
        return FELL
    if any(after > before for before, after in both):
        return ROSE
    return UNEVEN if any(len({p.held / p.checks for p in curve.points}) > 1 for curve in curves) else STEADY


def _letters(changes: Sequence[FactChange]) -> str:
    kinds = {change.fact.kind for change in changes}
    return "".join(letter for kind, letter in LETTERS.items() if kind in kinds)


def _totals(run: Run) -> list[tuple[str, int]]:
    return sorted(Counter(case["verdict"] for case in run.cases).items())
