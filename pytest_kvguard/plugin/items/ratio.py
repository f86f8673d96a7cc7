"""The item that searches for the largest ratio at which a policy loses no instruction of a contract."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kvguard.plugin.items.contract_item import CaseFailure, ContractItem
from pytest_kvguard.reports.safe_ratios import RatioRow
from pytest_kvguard.reports.unmet import MODEL_GUIDE
from pytest_kvguard.values.cell import Cell

if TYPE_CHECKING:
    from pytest_kvguard.contract.model import Contract
    from pytest_kvguard.reports.report import Event
    from pytest_kvguard.values.frontier import PolicyAdvice

__all__ = ["RatioItem"]


class RatioItem(ContractItem):
    """The search for the largest safe ratio of one contract under one policy and kernel.

    Attributes:
        advice: the largest safe ratio, and the ratios tried.
        row: the table row of the advice, without secrets; None until the search has run.
    """

    advice: PolicyAdvice

    def __init__(self, *, contract: Contract, cell: Cell, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.contract = contract
        self.cell = cell
        self.row: RatioRow | None = None

    def setup(self) -> None:
        """Search for all selected policies of this contract together, so that they share prefills."""
        alike = [
            item.cell
            for item in self.session.items
            if isinstance(item, RatioItem) and (item.path, item.cell.kernel) == (self.path, self.cell.kernel)
        ]
        self.advice = self.kv.find_ratios(self.contract, alike)[self.cell.policy_name]
        self.row = self._masked(RatioRow.of(self.contract.name, self.cell.kernel, self.advice))

    def _masked(self, row: RatioRow) -> RatioRow:
        from pytest_kvguard.reports.printable import printable

        return replace(row, lost=printable(self.kv.masker.mask(row.lost)))

    def runtest(self) -> None:
        """Fail if no ratio is safe; skip if the uncompressed model obeys no instruction."""
        assert self.row is not None
        if not any(point.checks for point in self.advice.points):
            why = "UNMET: the uncompressed model obeys none of the instructions, so no ratio is shown to be safe. "
            why += f"How to run another model: {MODEL_GUIDE}"
            raise pytest.skip.Exception(why, _use_item_location=True)
        if self.advice.safe is None:
            raise CaseFailure(f"NOT SAFE  {self.row.line}", self.row.line)
        self.add_report_section("call", "kvguard ratio", self.row.line)

    def events(self, kinds: Container[str]) -> Iterator[Event]:
        """Yield the row of the table."""
        if self.row is not None:
            yield {"kind": "ratio", "row": self.row.to_json()}

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return the contract's file."""
        return self.path, 0, f"{self.contract.name}: {self.name}"
