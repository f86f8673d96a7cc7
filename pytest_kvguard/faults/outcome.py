"""What came of planting faults: who noticed, what nobody noticed, and what was noticed wrongly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

__all__ = [
    "JOINT",
    "CAUGHT",
    "CONTRACT",
    "EQUIVALENT",
    "GOLDEN",
    "INVARIANT",
    "LAYERS",
    "SURVIVED",
    "FaultOutcome",
    "Measurement",
    "Notice",
    "RefactorOutcome",
]

INVARIANT, GOLDEN, CONTRACT = "invariant", "golden", "contract"
LAYERS = (INVARIANT, GOLDEN, CONTRACT)
"""Layers of evidence: promises, recordings, and everything that a suite says about replies."""

CAUGHT, SURVIVED, EQUIVALENT = "caught", "survived", "equivalent"


@dataclass(frozen=True)
class Notice:
    """The first test of a layer that failed.

    Attributes:
        layer: one of ``LAYERS``.
        test: its node id.
        message: its first line.
    """

    layer: str
    test: str
    message: str


@dataclass(frozen=True)
class FaultOutcome:
    """What came of one fault.

    Attributes:
        id: the fault.
        around: what it was planted around.
        seen: the thread where it was reported.
        status: ``CAUGHT``, ``SURVIVED`` or ``EQUIVALENT``.
        notices: at most one per layer.
        why: why it is equivalent, or what is known of its survival.
        seconds: how long the suite ran with it.
    """

    id: str
    around: str
    seen: str
    status: str
    notices: tuple[Notice, ...] = ()
    why: str = ""
    seconds: float = 0.0

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that noticed, in the order of ``LAYERS``."""
        noticed = {notice.layer for notice in self.notices}
        return tuple(layer for layer in LAYERS if layer in noticed)


JOINT = " + "
"""Joins the names of refactors that were noticed together only."""


@dataclass(frozen=True)
class RefactorOutcome:
    """What came of one change that changes nothing.

    Attributes:
        id: the refactor, or several joined by `` + `` that were noticed together only.
        reached: whether the suite ran what was changed.
        notices: false alarms.
    """

    id: str
    reached: bool
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Measurement:
    """A suite's score.

    Attributes:
        faults: one outcome each, the canary left out.
        refactors: one outcome each.
        layers: the layers that the suite has tests of.
        tests: how many tests ran each time.
        seconds: all of it, the clean run included.
    """

    faults: tuple[FaultOutcome, ...]
    refactors: tuple[RefactorOutcome, ...]
    layers: tuple[str, ...]
    tests: int
    seconds: float

    @property
    def false_alarms(self) -> tuple[str, ...]:
        """Refactors that were noticed."""
        return tuple(outcome.id for outcome in self.refactors if outcome.notices)

    @property
    def planted_refactors(self) -> int:
        """How many there were; those that were noticed only together are told once more, under their joined names."""
        return sum(JOINT not in outcome.id for outcome in self.refactors)

    def ids(self, status: str) -> tuple[str, ...]:
        """Return the faults with this status."""
        return tuple(outcome.id for outcome in self.faults if outcome.status == status)

    def caught_by(self, layer: str) -> tuple[str, ...]:
        """Return the faults that a layer alone would have caught."""
        return tuple(outcome.id for outcome in self.faults if layer in outcome.layers)

    @property
    def seen(self) -> int:
        """Faults that could have been noticed."""
        return len(self.ids(CAUGHT)) + len(self.ids(SURVIVED))

    @property
    def score(self) -> float | None:
        """Share of them that was, 0..1; None where there was none to notice."""
        return len(self.ids(CAUGHT)) / self.seen if self.seen else None

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
            "tests": self.tests,
            "refactors": {outcome.id: "ran" if outcome.reached else "did not run" for outcome in self.refactors},
            "notices": {outcome.id: _notices(outcome.notices) for outcome in self.faults if outcome.notices},
            "alarms": {outcome.id: _notices(outcome.notices) for outcome in self.refactors if outcome.notices},
        }


def _notices(notices: Iterable[Notice]) -> dict[str, dict[str, str]]:
    return {notice.layer: {"test": notice.test, "message": notice.message} for notice in notices}
