"""Outcomes of planting faults and refactors: the tests that noticed, the survivors, the false alarms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pytest_kvguard.faults.fault import EDITIONS, FIRST

__all__ = [
    "JOINT",
    "CAUGHT",
    "CONTRACT",
    "EQUIVALENT",
    "GOLDEN",
    "INVARIANT",
    "LAYERS",
    "SURVIVED",
    "FaultMeasurement",
    "FaultOutcome",
    "Notice",
    "RefactorOutcome",
]

INVARIANT, GOLDEN, CONTRACT = "invariant", "golden", "contract"
LAYERS = (INVARIANT, GOLDEN, CONTRACT)
"""Layers of evidence: invariants, recordings, and all tests of replies."""

CAUGHT, SURVIVED, EQUIVALENT = "caught", "survived", "equivalent"


@dataclass(frozen=True)
class Notice:
    """The first test of a layer that failed.

    Attributes:
        layer: one of ``LAYERS``.
        test: its node id.
        message: the first line of its failure.
    """

    layer: str
    test: str
    message: str


@dataclass(frozen=True)
class FaultOutcome:
    """The outcome of planting one fault.

    Attributes:
        id: of the fault.
        around: the part of the code around which it was planted.
        seen: the thread in which it was reported.
        status: ``CAUGHT``, ``SURVIVED`` or ``EQUIVALENT``.
        notices: at most one per layer.
        why: why it is equivalent, or why it may have survived.
        seconds: how long the suite ran with it.
        edition: the half of the catalogue that it belongs to, a key of ``EDITIONS``.
    """

    id: str
    around: str
    seen: str
    status: str
    notices: tuple[Notice, ...] = ()
    why: str = ""
    seconds: float = 0.0
    edition: int = FIRST

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers whose tests noticed the fault, in the order of ``LAYERS``."""
        noticed = {notice.layer for notice in self.notices}
        return tuple(layer for layer in LAYERS if layer in noticed)


JOINT = " + "
"""Joins the names of refactors that tests noticed only together."""


@dataclass(frozen=True)
class RefactorOutcome:
    """The outcome of planting one refactor.

    Attributes:
        id: of the refactor, or of several joined by ``JOINT`` that tests noticed only together.
        reached: whether the suite ran the changed code.
        notices: false alarms.
    """

    id: str
    reached: bool
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class FaultMeasurement:
    """The measurement of a suite: how many faults its tests notice, and which refactors they notice wrongly.

    Attributes:
        faults: one outcome each, the canary left out.
        refactors: one outcome each.
        layers: the layers of which the suite has tests.
        tests: number of tests in each run.
        seconds: duration of all runs, including the one without a fault.
    """

    faults: tuple[FaultOutcome, ...]
    refactors: tuple[RefactorOutcome, ...]
    layers: tuple[str, ...]
    tests: int
    seconds: float

    @property
    def false_alarms(self) -> tuple[str, ...]:
        """The refactors that a test noticed."""
        return tuple(outcome.id for outcome in self.refactors if outcome.notices)

    @property
    def planted_refactors(self) -> int:
        """Number of refactors; those noticed only together have one more outcome under their joined names."""
        return sum(JOINT not in outcome.id for outcome in self.refactors)

    def ids(self, status: str) -> tuple[str, ...]:
        """Return the ids of the faults with this status."""
        return tuple(outcome.id for outcome in self.faults if outcome.status == status)

    def caught_by(self, layer: str) -> tuple[str, ...]:
        """Return the ids of the faults that the tests of this layer caught."""
        return tuple(outcome.id for outcome in self.faults if layer in outcome.layers)

    @property
    def seen(self) -> int:
        """Number of faults that the suite could notice."""
        return len(self.ids(CAUGHT)) + len(self.ids(SURVIVED))

    @property
    def score(self) -> float | None:
        """Share of ``seen`` that was caught, 0..1; None where the suite could notice none."""
        return len(self.ids(CAUGHT)) / self.seen if self.seen else None

    def counts(self) -> dict[str, int]:
        """Return how many faults could be noticed, how many were, and how many each layer caught."""
        layers = {layer: len(self.caught_by(layer)) for layer in self.layers}
        return {"seen": self.seen, "caught": len(self.ids(CAUGHT)), **layers}

    def halves(self) -> Iterator[tuple[str, FaultMeasurement]]:
        """Yield each half of the catalogue that was measured, with its name, if there is more than one."""
        editions = sorted({outcome.edition for outcome in self.faults})
        for edition in editions if len(editions) > 1 else ():
            members = tuple(outcome for outcome in self.faults if outcome.edition == edition)
            yield EDITIONS[edition], replace(self, faults=members)

    def document(self) -> dict[str, Any]:
        """Return plain values for a JSON file."""
        return {
            "caught": list(self.ids(CAUGHT)),
            "survived": list(self.ids(SURVIVED)),
            "equivalent": {outcome.id: outcome.why for outcome in self.faults if outcome.status == EQUIVALENT},
            "false_alarms": list(self.false_alarms),
            "seconds": round(self.seconds, 1),
            "score": self.score,
            "by_layer": {layer: list(self.caught_by(layer)) for layer in self.layers},
            "halves": {name: half.counts() for name, half in self.halves()},
            "tests": self.tests,
            "refactors": {outcome.id: "ran" if outcome.reached else "did not run" for outcome in self.refactors},
            "notices": {outcome.id: _notices(outcome.notices) for outcome in self.faults if outcome.notices},
            "alarms": {outcome.id: _notices(outcome.notices) for outcome in self.refactors if outcome.notices},
        }


def _notices(notices: Iterable[Notice]) -> dict[str, dict[str, str]]:
    return {notice.layer: {"test": notice.test, "message": notice.message} for notice in notices}
