"""The table of a fault run: which layers of evidence caught each fault, and how many each layer caught alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from pytest_kvguard.faults.outcome import CAUGHT, EQUIVALENT, SURVIVED, FaultMeasurement, FaultOutcome
from pytest_kvguard.reports.printable import printable
from pytest_kvguard.reports.report import Line, Report, RunEnd

__all__ = ["FaultTable", "fault_lines", "progress_line"]

NAME, LAYER = 28, 10
MARK, NO_MARK = "x", "-"


def progress_line(outcome: FaultOutcome) -> str:
    """Return the line that is shown as soon as the outcome of a fault is known."""
    words = {CAUGHT: f"caught by {', '.join(outcome.layers)}", SURVIVED: "SURVIVED", EQUIVALENT: "equivalent here"}
    return f"{outcome.id:<{NAME}}{words[outcome.status]} ({outcome.seconds:.1f} s)"


class FaultTable(Report):
    """The table of a run with planted faults."""

    reads = ("faults",)

    def lines(self, run: RunEnd) -> Iterator[Line]:
        """See ``Report``."""
        for event in self.events:
            yield Line("kvguard: faults", is_heading=True)
            yield from map(Line, fault_lines(event["measured"], event["least"]))


def fault_lines(measured: FaultMeasurement, least: float | None = None) -> Iterator[str]:
    """Yield the table, the surviving and the equivalent faults, the false alarms, and the score.

    Args:
        measured: the run.
        least: the required score; None for no requirement.
    """
    yield f"{'fault':<{NAME}}" + "".join(f"{layer:<{LAYER}}" for layer in measured.layers) + "seen in"
    ordered = sorted(measured.faults, key=lambda outcome: outcome.around)
    for around, outcomes in groupby(ordered, key=lambda outcome: outcome.around):
        yield f"around the {around}"
        for outcome in outcomes:
            if outcome.status != EQUIVALENT:
                yield _row(outcome, measured)
    yield from _remarks(measured)
    yield ""
    yield from _totals(measured, least)


def _row(outcome: FaultOutcome, measured: FaultMeasurement) -> str:
    marks = (MARK if layer in outcome.layers else NO_MARK for layer in measured.layers)
    survived = " SURVIVED" if outcome.status == SURVIVED else ""
    return f"  {outcome.id:<{NAME - 2}}" + "".join(f"{mark:<{LAYER}}" for mark in marks) + outcome.seen + survived


def _remarks(measured: FaultMeasurement) -> Iterator[str]:
    for status, title in ((SURVIVED, "survived"), (EQUIVALENT, "equivalent here")):
        outcomes = [outcome for outcome in measured.faults if outcome.status == status]
        if outcomes:
            yield ""
            yield f"{title}:"
            yield from (f"  {outcome.id:<{NAME - 2}}{printable(outcome.why)}" for outcome in outcomes)
    alarms = [(outcome.id, notice) for outcome in measured.refactors for notice in outcome.notices]
    if alarms:
        yield ""
        yield "FALSE ALARMS, on changes that change nothing:"
        yield from (f"  {name:<{NAME - 2}}{notice.test}: {printable(notice.message)}" for name, notice in alarms)


def _totals(measured: FaultMeasurement, least: float | None) -> Iterator[str]:
    for name, half in measured.halves():
        counts = half.counts()
        layers = ", ".join(f"{layer}s {counts[layer]}" for layer in measured.layers)
        yield f"{f'{name}:':<{NAME}}{counts['caught']} of {counts['seen']} ({layers})"
    caught, seen = len(measured.ids(CAUGHT)), measured.seen
    for layer in measured.layers:
        yield f"{layer + 's alone:':<{NAME}}{len(measured.caught_by(layer))} of {seen}"
    required = "" if least is None else f", required {least:.0%}"
    share = "n/a" if measured.score is None else f"{measured.score:.0%}"
    equivalent = len(measured.ids(EQUIVALENT))
    yield f"{'caught:':<{NAME}}{caught} of {seen} ({share}{required}), {equivalent} equivalent here"
    idle = sum(not outcome.reached for outcome in measured.refactors)
    note = f", {idle} of them in code that never ran" if idle else ""
    alarms = len(measured.false_alarms)
    yield f"{'false alarms:':<{NAME}}{alarms} of {measured.planted_refactors} refactors{note}"
    yield f"{'time:':<{NAME}}{measured.seconds:.0f} s, {measured.tests} tests each time"
