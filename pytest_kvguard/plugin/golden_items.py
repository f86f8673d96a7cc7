"""The item that compares a contract's run in one cell with its golden, or records it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _pytest.pathlib import bestrelpath

from pytest_kvguard.plugin.golden_options import UPDATE
from pytest_kvguard.plugin.items import CaseFailure, ContractItem
from pytest_kvguard.plugin.options import Point
from pytest_kvguard.values.results import CaseId

if TYPE_CHECKING:
    from pytest_kvguard.contract.model import Contract

__all__ = ["GoldenItem", "golden_points"]


class GoldenItem(ContractItem):
    """One contract under one policy, ratio and kernel, or uncompressed, against what was recorded.

    Attributes:
        cases: every check of the cell, in the written order of instructions.
    """

    def __init__(self, *, contract: Contract, point: Point, cases: Sequence[CaseId], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.contract = contract
        self.point = point
        self.cases = cases

    def setup(self) -> None:
        """Run the conversations of all selected goldens of this contract at once."""
        items = (item for item in self.session.items if isinstance(item, GoldenItem) and item.path == self.path)
        self.kv.run_cases((item.contract, case) for item in items for case in item.cases)

    def runtest(self) -> None:
        """Fail where the run is not as recorded."""
        from pytest_kvguard.evaluation.record_cell import record_cell

        goldens = self.kv.goldens
        recording = record_cell(self.kv.runner, self.contract, self.cases, self.kv.options.scope)
        judgement = goldens.judge(self, goldens.cell(self._subject(), self.point), recording)
        report = goldens.explain(judgement, recording, self.update_command(), self._color())
        if judgement.status.fails:
            raise CaseFailure(report, self.kv.masker.mask(judgement.headline))
        self.add_report_section("call", "kvguard golden", report)

    def _subject(self) -> str:
        return Path(bestrelpath(self.config.rootpath, self.path)).as_posix()

    def update_command(self) -> str:
        """Return the command that records this golden anew, from where pytest was started."""
        needed = f"--kv-golden={UPDATE}", *self.kv.options.golden.update_words
        return f"{self.rerun_command(self.cases[0])} {shlex.join(needed)}"

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return the contract's file."""
        return self.path, 0, f"{self.contract.name}: {self.name}"


def golden_points(points: Sequence[Point]) -> Iterator[Point]:
    """Yield the cells that have goldens: the uncompressed one of every kernel, then those asked for."""
    from pytest_kvguard.backends.specs import NO_POLICY

    yield from dict.fromkeys([*(Point(NO_POLICY, "0", point.kernel) for point in points), *points])
