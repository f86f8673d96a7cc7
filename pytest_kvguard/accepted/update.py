"""An update of accepted losses: what a run has seen, folded into entries, and put into the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pytest_kvguard.accepted.entry import (
    AcceptedCell,
    Document,
    Entry,
    Evidence,
    Failures,
    Identity,
    LeakRequest,
    Place,
    Run,
    gravest_by_order,
)
from pytest_kvguard.values.results import Verdict

__all__ = ["Observation", "Update", "update_document", "without_unused"]


@dataclass(frozen=True)
class Observation:
    """What one item has seen.

    Attributes:
        cell, label, identity: the cell of the run, its label, and what answered.
        place, evidence: what was checked.
        order: the index of the order, or ``SEARCHED``.
        planned: the number of items of this place in this cell.
        verdict: e.g. ``LOST``.
        failing: check → its verdict and the seeds with which it fails.
        reply: the compressed reply, without secrets.
    """

    cell: AcceptedCell
    label: str
    identity: Identity
    place: Place
    evidence: Evidence
    order: int
    planned: int
    verdict: str
    failing: Mapping[str, tuple[Verdict, Sequence[int | None]]]
    reply: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain values, which travel between processes."""
        failing = {check: [str(verdict), [*seeds]] for check, (verdict, seeds) in self.failing.items()}
        return {**asdict(self), "verdict": str(self.verdict), "failing": failing}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Observation:
        """Return the observation from the values of ``to_json``."""
        kinds = {"cell": AcceptedCell, "identity": Identity, "place": Place, "evidence": Evidence}
        parts = {name: kind(**values[name]) for name, kind in kinds.items()}
        failing = {check: (Verdict(verdict), seeds) for check, (verdict, seeds) in values["failing"].items()}
        return cls(**{**values, **parts, "failing": failing})


@dataclass(frozen=True)
class Update:
    """A document after an update.

    Attributes:
        document: what to write.
        accepted, dropped: places with an entry that was written, or removed since nothing is lost there any more.
        leaks: leaks that were not accepted, as entries for a user to write.
        skipped: places that did not run as a whole, and why; their entries stay.
    """

    document: Document
    accepted: list[tuple[str, Place]] = field(default_factory=list)
    dropped: list[tuple[str, Place]] = field(default_factory=list)
    leaks: list[LeakRequest] = field(default_factory=list)
    skipped: list[tuple[str, Place, str]] = field(default_factory=list)


def update_document(document: Document, seen: Iterable[Observation], run: Sequence[AcceptedCell]) -> Update:
    """Return the document with the entries of all places that a run has seen as a whole.

    Args:
        document: what was accepted so far.
        seen: what the items of the run have seen, in any order.
        run: all compressed cells of the run.
    """
    groups: dict[tuple[AcceptedCell, Place], list[Observation]] = {}
    for each in seen:
        groups.setdefault((each.cell, each.place), []).append(each)
    cells = {key: dict(entries) for key, entries in document.cells.items()}
    update, requests = Update(document), {(leak.cell, leak.place): leak for leak in document.leaks}
    judges = {cell: document.judge_of(cell) for cell, _ in groups}
    accepted = {judge: document.entries_of(judge) for judge in set(judges.values()) if judge is not None}
    for (cell, place), members in sorted(groups.items(), key=lambda group: group[0]):
        label = members[0].label
        if why := _incomplete(members):
            update.skipped.append((label, place, why))
            continue
        judge = judges[cell]
        recorded = accepted[judge].get(place) if judge is not None else None
        entry = _folded(members, recorded, judge == cell, requests, update)
        own = cells.setdefault((cell, members[0].identity), {})
        for (other, _), entries in cells.items():
            if other == cell or (other == judge and other not in run):  # the cell takes its place
                entries.pop(place, None)
        if entry is not None:
            own[place] = entry
            update.accepted.append((label, place))
        elif recorded is not None:
            update.dropped.append((label, place))
    kept = {key: entries for key, entries in cells.items() if entries or key[0] in run}
    return replace(update, document=Document(_one_per_cell(kept), tuple(requests.values())))


def _incomplete(members: Sequence[Observation]) -> str:
    """Return why the items of a place do not make up a whole; empty if they do."""
    if any(member.verdict == Verdict.ERROR for member in members):
        return "an item could not run"
    missing = members[0].planned - len({member.order for member in members})
    return f"{missing} of its {members[0].planned} orders did not run" if missing > 0 else ""


def _folded(
    members: Sequence[Observation],
    recorded: tuple[Identity, Entry] | None,
    is_own_cell: bool,
    requests: dict[tuple[str, Place], LeakRequest],
    update: Update,
) -> Entry | None:
    """Return the entry of a place; None if nothing is lost there. Leaks need a user's word each."""
    first = members[0]
    old = recorded[1] if recorded is not None else None
    failures = _failures(members)
    request = requests.pop((first.label, first.place), None) if Verdict.LEAKED in failures else None
    leaks = failures.pop(Verdict.LEAKED, {})
    known = leaks if request is not None else _accepted_leaks(leaks, first, recorded, is_own_cell)
    if known != leaks:
        update.leaks.append(LeakRequest(first.place, first.label, ""))
    if known:
        failures[Verdict.LEAKED] = known
    if not failures:
        return None
    failing = sorted((member for member in members if member.failing), key=lambda member: member.order)
    reason, until = (old.reason, old.until) if old is not None else ("", None)
    if request is not None:
        reason, until = request.reason, request.until
    counts = _counts(members, failures)
    return Entry(first.place, counts, failures, first.evidence, failing[0].reply, reason, until)


def _accepted_leaks(
    leaks: Mapping[str, Sequence[Run]],
    first: Observation,
    recorded: tuple[Identity, Entry] | None,
    is_own_cell: bool,
) -> dict[str, tuple[Run, ...]]:
    """Return the leaks that were accepted for exactly what runs now; a leak in one more run is another leak."""
    if recorded is None or not is_own_cell or (recorded[0], recorded[1].evidence) != (first.identity, first.evidence):
        return {}
    accepted = recorded[1].failures.get(Verdict.LEAKED, {})
    known = {check: tuple(run for run in runs if run in accepted.get(check, ())) for check, runs in leaks.items()}
    return {check: runs for check, runs in known.items() if runs}


def _failures(members: Sequence[Observation]) -> dict[Verdict, dict[str, tuple[Run, ...]]]:
    failures: dict[Verdict, dict[str, tuple[Run, ...]]] = {}
    for member in sorted(members, key=lambda member: member.order):
        for check, (verdict, seeds) in member.failing.items():
            checks = failures.setdefault(verdict, {})
            runs = (Run(member.order, seed) for seed in sorted(seeds, key=lambda seed: (seed is not None, seed)))
            checks[check] = (*checks.get(check, ()), *runs)
    return failures


def _counts(members: Sequence[Observation], failures: Failures) -> dict[str, int]:
    """Return the number of orders with each verdict, the gravest of the checks that the entry lists."""
    gravest = gravest_by_order(failures)
    counts: Counter[str] = Counter()
    for member in members:
        if member.order in gravest:
            counts[str(gravest[member.order])] += 1
        elif not member.failing:  # a leak that is not accepted counts nowhere
            counts[member.verdict] += 1
    return dict(counts)


def _one_per_cell(
    cells: Mapping[tuple[AcceptedCell, Identity], dict[Place, Entry]],
) -> dict[tuple[AcceptedCell, Identity], dict[Place, Entry]]:
    """Return the cells without empty ones beside others of the same name: one is enough to say that it has run."""
    filled = {cell for (cell, _), entries in cells.items() if entries}
    kept: dict[tuple[AcceptedCell, Identity], dict[Place, Entry]] = {}
    empty: set[AcceptedCell] = set()
    for (cell, identity), entries in sorted(cells.items(), key=lambda item: item[0]):
        if entries or (cell not in filled and cell not in empty):
            kept[cell, identity] = entries
            empty |= {cell} if not entries else set()
    return kept


def without_unused(document: Document, unused: Iterable[tuple[AcceptedCell, Place]]) -> Document:
    """Return a document without the entries at some places."""
    gone = set(unused)
    cells = {
        (cell, identity): {place: entry for place, entry in entries.items() if (cell, place) not in gone}
        for (cell, identity), entries in document.cells.items()
    }
    return replace(document, cells=cells)
