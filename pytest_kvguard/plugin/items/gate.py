"""The item of a contract's gate."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kvguard.plugin.items.contract_item import CaseFailure, ContractItem
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.gates import GateResult
from pytest_kvguard.values.results import CaseId

if TYPE_CHECKING:
    from pytest_kvguard.contract.model import Contract
    from pytest_kvguard.reports.report import Event

__all__ = ["GateItem"]


class GateItem(ContractItem):
    """A contract's gate over all its checks in one cell."""

    def __init__(
        self, *, contract: Contract, cell: Cell, cases: Mapping[Cell, Sequence[CaseId]], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.contract = contract
        self.cell = cell
        # p-values are adjusted over all cells, so a gate that tests for drops also needs the results of other cells.
        self.cases = cases if contract.is_sampled else {cell: cases[cell]}
        self.result: GateResult | None = None

    def judge(self) -> GateResult:
        """Return the gate's result, and run the cases that it counts if they have not run yet."""
        return self.kv.judge(self.contract, self.cases, self.file)[self.cell]

    @property
    def accepted(self) -> int:
        """The number of checks that count as lost already, because that was accepted."""
        return self.kv.acceptance.counted(self.file, self.cell) if self.kv.options.accept.is_on else 0

    def setup(self) -> None:
        """Run the cases that the gate counts, and judge it."""
        from pytest_kvguard.reports.junit import gate_properties

        self.result = self.judge()
        self.user_properties.append(("kv_orders_run", str(self.result.orders_run)))
        self.user_properties += gate_properties(self.result)

    def runtest(self) -> None:
        """Fail with every limit that is exceeded; skip if the gate needs more prompts to decide."""
        from pytest_kvguard.reports.gate import explain_gate

        result = self.result
        assert result is not None
        title = f"GATE  {self.contract.name} under {self.cell.label} ({self._location()})"
        if self.accepted:
            title += f"\n  {self.accepted} checks were accepted as lost; the others, and these, must not do worse"
        # The command names all cells, because p-values are adjusted over them.
        rerun = self.rerun_command([*self.cases])
        if result.breaches or (result.undecided and self.kv.options.strict):
            lines = result.breaches + result.undecided
            raise CaseFailure(explain_gate(result, title, rerun), f"GATE: {'; '.join(lines)}")
        self.add_report_section("call", "kvguard gate", explain_gate(result, title, rerun))
        if result.undecided:
            lines = result.undecided + result.unproven
            raise pytest.skip.Exception(f"undecided: {'; '.join(lines)}", _use_item_location=True)

    def events(self, kinds: Container[str]) -> Iterator[Event]:
        """Yield the gate's result."""
        from pytest_kvguard.reports.records import gate_record

        if self.result is not None:
            record = self.kv.masker.mask_values(gate_record(self.result))
            counted = {"accepted": self.accepted} if self.kv.options.accept.is_on else {}
            yield {"kind": "gate", "contract": self.contract.name, **self.cell.record, **record, **counted}

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return the contract's file."""
        return self.path, 0, f"{self.contract.name}: {self.name}"
