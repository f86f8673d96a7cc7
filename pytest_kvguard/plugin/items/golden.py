"""The item that compares a contract's run in one cell with its golden, or records it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _pytest.pathlib import bestrelpath

from pytest_kvguard.golden.key import GoldenKey
from pytest_kvguard.plugin.items.contract_item import CaseFailure, ContractItem
from pytest_kvguard.plugin.options.goldens import UPDATE
from pytest_kvguard.runs.cells import distinct
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.results import CaseId

if TYPE_CHECKING:
    from pytest_kvguard.contract.model import Contract

__all__ = ["GoldenItem", "golden_cells"]


class GoldenItem(ContractItem):
    """The golden of one contract in one cell.

    Attributes:
        cases: every check of the cell, in the written order of the instructions.
    """

    def __init__(self, *, contract: Contract, cell: Cell, cases: Sequence[CaseId], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.contract = contract
        self.cell = cell
        self.cases = cases

    def setup(self) -> None:
        """Run the conversations of all selected goldens of this contract together."""
        items = (item for item in self.session.items if isinstance(item, GoldenItem) and item.path == self.path)
        self.kv.run_cases((item.contract, case) for item in items for case in item.cases)

    def runtest(self) -> None:
        """Fail if the run differs from its golden."""
        from pytest_kvguard.evaluation.record_cell import record_cell

        goldens = self.kv.goldens
        recording = record_cell(self.kv.runner, self.contract, self.cases, self.kv.settings.scope)
        key = GoldenKey(self._subject(), self.cell, self.kv.settings.scope)
        judgement = goldens.judge(self, key, recording)
        report = goldens.explain(judgement, recording, self._update_command(), self._color())
        if judgement.status.fails:
            raise CaseFailure(report, self.kv.masker.mask(judgement.headline))
        self.add_report_section("call", "kvguard golden", report)

    def _subject(self) -> str:
        return Path(bestrelpath(self.config.rootpath, self.path)).as_posix()

    def _update_command(self) -> str:
        """Return the command that updates this golden, from the folder where pytest was started."""
        return self.rerun_command([self.cell], [f"--kv-golden={UPDATE}"])

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return the contract's file."""
        return self.path, 0, f"{self.contract.name}: {self.name}"


def golden_cells(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """Return the cells that have goldens: the uncompressed cell of every kernel, then the others."""
    return distinct([*(cell.uncompressed for cell in cells), *cells])
