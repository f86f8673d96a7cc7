"""The comparison of two runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_kvguard.errors import UsageError
from pytest_kvguard.reports.comparison.facts import FactChange, changed_facts
from pytest_kvguard.reports.comparison.figures import Figure, cell_figures, run_figures
from pytest_kvguard.reports.comparison.outcomes import tables_by_part
from pytest_kvguard.reports.comparison.pairing import ItemPair, Pairing, pair_items
from pytest_kvguard.reports.comparison.run_files import Run
from pytest_kvguard.reports.run_record import FAILED
from pytest_kvguard.stats.run_changes import Change, Direction, judge_changes, overall
from pytest_kvguard.values.cell import Cell

__all__ = ["FAIL_ON", "GROUPS", "Comparison", "compare_runs"]

BROKEN = ("LOST", "LEAKED")
UNCHANGED = "unchanged"
GROUPS = ("newly lost", "could not run now", "newly held", "moved otherwise", "still lost", "gone", "new", UNCHANGED)
"""The groups of items, in the order in which they are shown."""


@dataclass(frozen=True)
class Comparison:
    """Two runs compared.

    Attributes:
        before, after: the runs.
        facts: what they differ in besides their replies.
        pairing: their items in pairs.
        groups: the items of each of ``GROUPS``.
        changes: for every compressed cell and the uncompressed model, whether checks hold less or more often.
        figures: what was measured in both runs.
        gates: gates that fail in one run alone, as sentences.
        warnings: why the comparison says less than it seems, as sentences.
    """

    before: Run
    after: Run
    facts: tuple[FactChange, ...]
    pairing: Pairing
    groups: Mapping[str, tuple[ItemPair, ...]]
    changes: Mapping[str, Change]
    figures: tuple[Figure, ...]
    gates: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def direction(self) -> Direction:
        """What the tests show: worse if a cell or the uncompressed model is, whatever the others gained."""
        return overall(self.changes)

    @property
    def new_losses(self) -> int:
        """Number of items that are LOST or LEAKED, and were not, or did not run, before."""
        return len(self.groups["newly lost"]) + sum(_is_broken(pair.after) for pair in self.groups["new"])

    @property
    def has_one_cell(self) -> bool:
        """Whether all items have the same cell, so that it need not be named with each of them."""
        return len({pair.label for pairs in self.groups.values() for pair in pairs}) == 1

    @property
    def moved(self) -> list[Figure]:
        """The figures that differ."""
        return [figure for figure in self.figures if figure.has_moved]


def compare_runs(before: Run, after: Run) -> Comparison:
    """Return the comparison of two runs.

    Raises:
        UsageError: no item ran in both, or a run holds an item twice.
    """
    pairing = pair_items(before, after)
    if not pairing.pairs:
        raise UsageError(
            f"{before.name} and {after.name} have no item in common, so nothing can be compared. "
            f"{' '.join(pairing.notes)} Compare runs of the same contracts, and name the same policies and ratios."
        )
    by_label: dict[str, list[ItemPair]] = {}
    for pair in pairing.pairs:
        by_label.setdefault(pair.label, []).append(pair)
    figures = [figure for label, members in by_label.items() for figure in cell_figures(label, members)]
    return Comparison(
        before=before,
        after=after,
        facts=tuple(changed_facts(before, after)),
        pairing=pairing,
        groups=_groups(pairing),
        changes=judge_changes(tables_by_part(pairing.pairs)),
        figures=(*figures, *run_figures(before, after)),
        gates=tuple(_gates(before, after)),
        warnings=tuple(_warnings(before, after)),
    )


def _groups(pairing: Pairing) -> dict[str, tuple[ItemPair, ...]]:
    members: dict[str, list[ItemPair]] = {group: [] for group in GROUPS}
    members["gone"], members["new"] = list(pairing.gone), list(pairing.new)
    for pair in pairing.pairs:
        assert pair.before is not None and pair.after is not None
        members[_group(pair.before["verdict"], pair.after["verdict"])].append(pair)
    return {group: tuple(pairs) for group, pairs in members.items()}


def _group(before: str, after: str) -> str:
    """Return the group of a pair of verdicts; a loss that becomes a leak is a new one."""
    if after in BROKEN:
        return "still lost" if before == after or before == "LEAKED" else "newly lost"
    if before == after:
        return UNCHANGED
    if after == "ERROR":
        return "could not run now"
    return "newly held" if before in BROKEN and after == "HELD" else "moved otherwise"


def _is_broken(case: Mapping[str, Any] | None) -> bool:
    return case is not None and case["verdict"] in BROKEN


def _gates(before: Run, after: Run) -> Iterator[str]:
    one, other = ({_place(gate): gate["outcome"] in FAILED for gate in _all_gates(run)} for run in (before, after))
    for place in one.keys() & other.keys() if one and other else ():
        if one[place] != other[place]:
            yield f"gate of {' · '.join(place[1:])}: {'fails now' if other[place] else 'failed before, passes now'}"


def _all_gates(run: Run) -> Iterator[Mapping[str, Any]]:
    return (gate for document in run.documents for gate in document["gates"])


def _place(gate: Mapping[str, Any]) -> tuple[str, str, str]:
    return gate["file"], gate["contract"], Cell.from_record(gate).label


def _warnings(before: Run, after: Run) -> Iterator[str]:
    for run, word in ((before, "earlier"), (after, "later")):
        if not run.is_complete:
            yield f"The {word} run was stopped before its end: what it did not reach counts as gone or new."
        if run.searched:
            yield f"{run.searched} cases of searches in the {word} run are left out: they were selected for failing."
        for record in run.broken:
            yield f"The {word} run could not read {record['file']}: {record['message']}"


def _did_not_run(comparison: Comparison) -> bool:
    """Return whether something of the later run did not run, and may be lost."""
    after = comparison.after
    return bool(comparison.groups["could not run now"] or after.broken or not after.is_complete)


FAIL_ON: Mapping[str, Callable[[Comparison], bool]] = {
    "new-loss": lambda comparison: bool(comparison.new_losses) or _did_not_run(comparison),
    "worse": lambda comparison: comparison.direction is Direction.WORSE or _did_not_run(comparison),
    "nothing": lambda comparison: False,
}
"""What may fail a comparison."""
