"""Accepted losses as frozen values: entries, the cells they were accepted in, and what they were accepted for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date

from kvguard_policies.exact_numbers import read_fraction
from kvguard_policies.spec import PolicySpec, SpecError
from pytest_kvguard.values.cell import ON_SERVER, Cell
from pytest_kvguard.values.results import SEARCHED, Verdict

__all__ = [
    "AcceptedCell",
    "Document",
    "Entry",
    "Evidence",
    "Failures",
    "Identity",
    "LeakRequest",
    "Place",
    "Run",
    "gravest_by_order",
]


@dataclass(frozen=True, order=True)
class Run:
    """One run of a check: an order, and the seed of a sampled reply.

    Attributes:
        order: the index of the order, 0 for the written one, or ``SEARCHED``.
        seed: None for greedy decoding.
    """

    order: int
    seed: int | None = None

    @property
    def label(self) -> int | str:
        """The run as the file names it: ``2``, ``2 seed 5`` or ``search``."""
        if self.order == SEARCHED:
            return "search"
        return self.order if self.seed is None else f"{self.order} seed {self.seed}"

    @classmethod
    def read(cls, label: int | str) -> Run:
        """Return the run of a label.

        Raises:
            ValueError: it is none.
        """
        if label == "search":
            return cls(SEARCHED)
        if isinstance(label, int):
            return cls(label)
        order, word, seed = str(label).partition(" seed ")
        if not word:
            raise ValueError(label)
        return cls(int(order), int(seed))


Failures = Mapping[Verdict, Mapping[str, tuple[Run, ...]]]
"""Verdict → check → the runs in which the check fails."""


def gravest_by_order(failures: Failures) -> dict[int, Verdict]:
    """Return the orders in which a check fails, each with the gravest verdict of its checks."""
    gravest: dict[int, Verdict] = {}
    for verdict in (Verdict.LEAKED, Verdict.LOST, Verdict.UNSTABLE):
        for runs in failures.get(verdict, {}).values():
            for run in runs:
                gravest.setdefault(run.order, verdict)
    return gravest


@dataclass(frozen=True, order=True)
class Place:
    """What an entry is about: one instruction under one probe of a contract; the file path tells contracts apart."""

    contract: str
    instruction: str
    probe: str

    @property
    def label(self) -> str:
        """The place in one line."""
        return f"{self.contract}: {self.instruction} ({self.probe})"


@dataclass(frozen=True)
class Evidence:
    """Digests of what a check was made of; where one differs, an accepted loss lapses.

    Attributes:
        instruction: of the instruction's text.
        probe: of the user's turns.
        check: of the checks, and of the leak detectors.
        context: of the rest of the prompt, of the orders drawn, and of how replies are generated.
    """

    instruction: str
    probe: str
    check: str
    context: str

    def changes_since(self, other: Evidence) -> list[str]:
        """Return the names of what differs."""
        return [each.name for each in fields(self) if getattr(self, each.name) != getattr(other, each.name)]


@dataclass(frozen=True, order=True)
class Identity:
    """Digests, or a server's own words, of what answered; empty where they are not known.

    Attributes:
        model: of the model's files, or of the uncompressed server.
        code: of a user's policy.
        server: the compressed server's build.
    """

    model: str = ""
    code: str = ""
    server: str = ""


@dataclass(frozen=True, order=True)
class AcceptedCell:
    """The cell that losses were accepted in, as plain values: a cell, what was compressed, and the model's name."""

    policy: str
    ratio: str
    kernel: str
    scope: str
    model: str

    @classmethod
    def of(cls, cell: Cell, scope: str, model: str) -> AcceptedCell:
        """Return the cell of a run."""
        record = cell.record
        return cls(record["policy"], record["ratio"], record["kernel"], "" if cell.is_on_server else scope, model)

    @property
    def label(self) -> str:
        """The cell's name, as in every report."""
        return Cell.from_record({"policy": self.policy, "ratio": self.ratio, "kernel": self.kernel}).label

    @property
    def family(self) -> tuple[str, ...]:
        """What cells have in common that differ in the settings of their policy alone."""
        policy = self.policy
        if self.kernel != ON_SERVER:
            policy = PolicySpec(policy).family
        return policy, self.ratio, self.kernel, self.scope, self.model

    def check(self) -> None:
        """Raise ``ValueError`` for a policy that is not known, or a ratio that cannot be read."""
        try:
            if self.kernel != ON_SERVER:
                PolicySpec.read(self.policy)
            read_fraction(self.ratio)
        except (SpecError, ValueError, ZeroDivisionError) as error:
            raise ValueError(str(error)) from error


@dataclass(frozen=True)
class Entry:
    """What was accepted at one place in one cell.

    Attributes:
        counts: verdict → number of orders with it.
        failures: the checks that fail, by verdict, with their runs.
        evidence: what was checked.
        reply: the first reply that failed, without secrets, for the reader.
        reason, until: the user's own; ``until`` is the last day on which the entry counts.
    """

    place: Place
    counts: Mapping[str, int]
    failures: Failures
    evidence: Evidence
    reply: str = ""
    reason: str = ""
    until: date | None = None

    def at(self, order: int) -> dict[str, tuple[Verdict, frozenset[int | None]]]:
        """Return the checks that fail in one order: check → its verdict, and the seeds with which it fails."""
        found: dict[str, tuple[Verdict, frozenset[int | None]]] = {}
        for verdict, checks in self.failures.items():
            for check, runs in checks.items():
                seeds = frozenset(run.seed for run in runs if run.order == order)
                if seeds:
                    found[check] = verdict, seeds
        return found


@dataclass(frozen=True)
class LeakRequest:
    """A leak that a user asks to accept; an update turns it into an entry.

    Attributes:
        cell: the label of the cell.
    """

    place: Place
    cell: str
    reason: str
    until: date | None = None


@dataclass(frozen=True)
class Document:
    """All accepted losses.

    Attributes:
        cells: cell and identity → place → entry; a cell without entries was accepted as having no losses.
        leaks: the leaks that the next update is to accept.
    """

    cells: Mapping[tuple[AcceptedCell, Identity], Mapping[Place, Entry]] = field(default_factory=dict)
    leaks: tuple[LeakRequest, ...] = ()

    def entries_of(self, cell: AcceptedCell) -> dict[Place, tuple[Identity, Entry]]:
        """Return the entries of one cell, whatever answered there."""
        return {
            place: (identity, entry)
            for (each, identity), entries in self.cells.items()
            if each == cell
            for place, entry in entries.items()
        }

    def judge_of(self, cell: AcceptedCell) -> AcceptedCell | None:
        """Return the recorded cell that a cell of a run is judged by; None if there is none.

        A cell is judged by its own entries. One without any is judged by the only recorded cell that differs in the
        settings of its policy alone: a change of settings is what a run is to judge. Of several such cells none is
        more like it than another.
        """
        recorded = {each for each, _ in self.cells}
        if cell in recorded:
            return cell
        alike = [each for each in recorded if each.family == cell.family]
        return alike[0] if len(alike) == 1 else None
