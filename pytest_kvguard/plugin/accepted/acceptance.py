"""The accepted losses in one process: they are compared with the results of its items."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_kvguard.accepted.digests import evidence_of
from pytest_kvguard.accepted.entry import AcceptedCell, Entry, Evidence, Identity, Place
from pytest_kvguard.accepted.standing import (
    Comparison,
    compare_with_accepted,
    failing_checks,
    valid_entry,
    without_accepted,
    without_failing,
)
from pytest_kvguard.accepted.update import Observation
from pytest_kvguard.plugin.options.accepted import AcceptOptions
from pytest_kvguard.runs.identity import RunIdentity
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.results import CaseId, CaseResult, Verdict

if TYPE_CHECKING:
    from pytest_kvguard.contract.model import Contract

__all__ = ["Acceptance", "CellBasis", "standing_record"]

MOST_LETTERS = 300
SECRET = r"\[secret:[0-9a-f]{8}\]"

WORDS = {"code": "another version of its code", "server": "another build of the server"}
"""Part of an identity → its change in words."""


@dataclass(frozen=True)
class CellBasis:
    """What one cell of the run is judged by.

    Attributes:
        cell, identity: the cell, and what answers in it.
        judge: the recorded cell that it is judged by; None if there is none.
        entries: the entries of that cell.
    """

    cell: AcceptedCell
    identity: Identity
    judge: AcceptedCell | None
    entries: Mapping[Place, tuple[Identity, Entry]] = field(default_factory=dict)


class Acceptance:
    """Compares the results of checks with what was accepted.

    Args:
        options: the options, with the file's content.
        identity: what answers in this run.
        scope: the scope of compression.
    """

    def __init__(self, options: AcceptOptions, identity: RunIdentity, scope: str) -> None:
        self.options, self._identity, self._scope = options, identity, scope
        self._counted: dict[tuple[str, CaseId], int] = {}
        self._bases: dict[Cell, CellBasis] = {}
        self._evidence: dict[tuple[str, str, str], Evidence] = {}

    def basis(self, cell: Cell) -> CellBasis:
        """Return what a cell is judged by."""
        if cell not in self._bases:
            own = AcceptedCell.of(cell, self._scope, self._identity.name)
            judge = self.options.document.judge_of(own)
            entries = self.options.document.entries_of(judge) if judge is not None else {}
            self._bases[cell] = CellBasis(own, self._identity.of(cell), judge, entries)
        return self._bases[cell]

    def _evidence_of(self, file: str, contract: Contract, case: CaseId) -> Evidence:
        key = file, f"{case.contract}\0{case.probe}", case.instruction
        if key not in self._evidence:
            self._evidence[key] = evidence_of(contract, case.instruction, case.probe)
        return self._evidence[key]

    def compare(self, file: str, contract: Contract, result: CaseResult) -> Comparison:
        """Return how a result compares with what was accepted.

        Args:
            file: the contract's file, as in node ids.
            contract: the contract.
            result: the result of one of its cases.
        """
        basis, evidence = self.basis(result.case.cell), self._evidence_of(file, contract, result.case)
        is_own = basis.judge == basis.cell
        entry, lapse = valid_entry(basis.entries, _place(file, result.case), evidence, basis.identity, is_own)
        return compare_with_accepted(result, entry, lapse)

    def relative(self, file: str, contract: Contract, result: CaseResult) -> CaseResult:
        """Return a result as a gate counts it: against what was accepted."""
        if result.case.cell.is_uncompressed:
            return result
        if self.will_accept(file, result):
            relative = without_failing(result)
        else:
            relative = without_accepted(result, self.compare(file, contract, result))
        self._counted[file, result.case] = sum(
            one.baseline.holds != other.baseline.holds
            for before, after in zip(result.replies, relative.replies, strict=True)
            for one, other in zip(before.checks, after.checks, strict=True)
        )
        return relative

    def counted(self, file: str, cell: Cell) -> int:
        """Return how many checks of a cell a gate counts as lost already, because that was accepted."""
        return sum(count for (path, case), count in self._counted.items() if (path, case.cell) == (file, cell))

    def will_accept(self, file: str, result: CaseResult) -> bool:
        """Return whether this run's update accepts what a result has lost: no leak, but those asked for one by one."""
        if not self.options.update:
            return False
        if result.verdict is not Verdict.LEAKED:
            return True
        place = _place(file, result.case)
        return any((leak.place, leak.cell) == (place, result.case.cell.label) for leak in self.options.document.leaks)

    def event(
        self, file: str, contract: Contract, result: CaseResult, comparison: Comparison, planned: int
    ) -> dict[str, Any]:
        """Return what the update and the summary need of a result, as plain values.

        Args:
            file: the contract's file, as in node ids.
            contract: the contract.
            result: a result without secrets.
            comparison: how it compares with what was accepted.
            planned: the number of items of its place in its cell.
        """
        basis = self.basis(result.case.cell)
        seen = Observation(
            basis.cell,
            result.case.cell.label,
            basis.identity,
            _place(file, result.case),
            self._evidence_of(file, contract, result.case),
            result.case.order_index,
            planned,
            str(result.verdict),
            {check: (verdict, _sorted(seeds)) for check, (verdict, seeds) in failing_checks(result).items()},
            _line(result),
        )
        return {
            "kind": "acceptance",
            "seen": seen.to_json(),
            "standing": str(comparison.standing),
            "reason": result.reason,
            "lapsed": str(comparison.lapse) if comparison.lapse else "",
            "judged_by": self._judged_by(basis, comparison),
        }

    def _judged_by(self, basis: CellBasis, comparison: Comparison) -> str:
        """Return what a cell is judged by, if that is not what was accepted under its very policy; else nothing."""
        if basis.judge is None:
            return "nothing accepted: the file has no entries for it" if self.options.document.cells else ""
        if basis.judge != basis.cell:
            return f"what was accepted under {basis.judge.label}"
        if comparison.valid is None:
            return ""
        recorded, _ = basis.entries[comparison.valid.place]
        changed = [name for name in WORDS if getattr(recorded, name) != getattr(basis.identity, name)]
        return f"what was accepted under {' and '.join(WORDS[name] for name in changed)}" if changed else ""


def standing_record(comparison: Comparison) -> dict[str, Any]:
    """Return how a result compares with what was accepted, for reports."""
    entry = comparison.entry
    return {
        "standing": str(comparison.standing),
        "reason": entry.reason if entry is not None else "",
        "until": entry.until.isoformat() if entry is not None and entry.until else None,
        "lapsed": str(comparison.lapse) if comparison.lapse else "",
    }


def _place(file: str, case: CaseId) -> Place:
    return Place(file, case.instruction, case.probe)


def _sorted(seeds: frozenset[int | None]) -> list[int | None]:
    return sorted(seeds, key=lambda seed: (seed is not None, seed or 0))


def _line(result: CaseResult) -> str:
    """Return the compressed reply as one line; the tokens of secrets differ between users, so they go without."""
    arm = result.compressed
    text = " ".join(" / ".join(reply.text for reply in arm.replies).split()) if arm is not None else ""
    text = "".join(char if char.isprintable() else "?" for char in re.sub(SECRET, "[secret]", text))
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]} …"
