"""The item that looks for the largest ratio at which a policy loses nothing of a contract."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kvguard.plugin.items import CaseFailure, ContractItem
from pytest_kvguard.plugin.session import session_key
from pytest_kvguard.reports.found_ratio import RatioRow, ratio_lines

if TYPE_CHECKING:
    from pytest_kvguard.contract.model import Contract
    from pytest_kvguard.values.frontier import PolicyAdvice

__all__ = ["RatioItem", "attach_ratio", "write_ratios"]

ROW = "kvguard_ratio"


class RatioItem(ContractItem):
    """One contract under one policy and kernel, at whatever ratio it stands.

    Attributes:
        found: what was found.
        row: the same in words, without secrets; None before that.
    """

    found: PolicyAdvice

    def __init__(self, *, contract: Contract, policy: str, kernel: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.contract = contract
        self.policy = policy
        self.kernel = kernel
        self.row: RatioRow | None = None

    def setup(self) -> None:
        """Search for all selected policies of this contract together, so that they share their contexts."""
        alike = [
            item.policy
            for item in self.session.items
            if isinstance(item, RatioItem) and (item.path, item.kernel) == (self.path, self.kernel)
        ]
        self.found = self.kv.find_ratios(self.contract, alike, self.kernel)[self.policy]
        self.row = self._masked(RatioRow.of(self.contract.name, self.kernel, self.found))

    def _masked(self, row: RatioRow) -> RatioRow:
        from pytest_kvguard.reports.printable import printable

        return replace(row, lost=printable(self.kv.masker.mask(row.lost)))

    def runtest(self) -> None:
        """Fail where no ratio is safe; skip where nothing could be lost."""
        assert self.row is not None
        if not any(point.checks for point in self.found.points):
            why = "UNMET: the uncompressed model obeys none of the instructions, so no ratio is shown to be safe"
            raise pytest.skip.Exception(why, _use_item_location=True)
        if self.found.safe is None:
            raise CaseFailure(f"NOT SAFE  {self.row.line}", self.row.line)
        self.add_report_section("call", "kvguard ratio", self.row.line)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return the contract's file."""
        return self.path, 0, f"{self.contract.name}: {self.name}"


def attach_ratio(item: pytest.Item, report: pytest.TestReport) -> None:
    """Put what was found on the report, so that it travels from xdist's workers."""
    if isinstance(item, RatioItem) and item.row is not None and report.when == "call":
        setattr(report, ROW, item.row.to_json())


def write_ratios(terminalreporter: Any, config: pytest.Config) -> None:
    """Write the table of what was found."""
    reports = (report for reports in terminalreporter.stats.values() for report in reports)
    rows = [RatioRow.from_json(getattr(report, ROW)) for report in reports if hasattr(report, ROW)]
    if not rows:
        return
    scope = config.stash[session_key].options.scope
    terminalreporter.section(f"kvguard: largest safe ratios, scope {scope}")
    for line in ratio_lines(sorted(rows, key=lambda row: (row.contract, row.policy, row.kernel))):
        terminalreporter.write_line(line)
