"""Gates over simulated results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pytest_kvguard.contract.model import Contract, Gate, Orderings
from pytest_kvguard.evaluation.judge_gate import judge_gates
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.gates import GateResult
from pytest_kvguard.values.results import Arm, CaseId, CaseResult, Check, CheckPair, Reply

SNAPKV, KNORM = Cell.of("snapkv", "0.5"), Cell.of("knorm", "0.5")
ORDER = ("hours", "tone", "secret")
ARM = Arm((Reply("x", (1,), "stop"),))
Holds = Callable[[CaseId], tuple[bool, bool]]


def pair_of(holds: tuple[bool, bool], unstable: bool = False) -> CheckPair:
    checks = [Check("contains", held, "", "") for held in holds]
    return CheckPair(*checks, null=checks[1] if unstable else None)


class Simulated:
    """A contract whose checks hold as a function says; it counts the cases of every look."""

    def __init__(self, contract: Contract, holds: Holds, gate: Gate, orders: int, unstable: bool = False) -> None:
        self.contract = replace(contract, gate=gate, orderings=Orderings(orders - 1))
        self.holds, self.orders, self.unstable = holds, orders, unstable
        self.asked: list[int] = []

    def cases(self, cell: Cell) -> list[CaseId]:
        return [
            CaseId("shop", probe, name, cell, ORDER, index)
            for probe in ("opening", "talk")
            for index in range(self.orders)
            for name in ("hours", "tone")
        ]

    def run(self, cases: Sequence[CaseId]) -> list[CaseResult]:
        self.asked.append(len(cases))
        pairs = [pair_of(self.holds(case), self.unstable) for case in cases]
        return [CaseResult(case, pair.verdict, (pair,), ARM, ARM, "") for case, pair in zip(cases, pairs, strict=True)]

    def judge(self, *cells: Cell) -> GateResult:
        """Return the first cell's result."""
        cells = cells or (SNAPKV,)
        return judge_gates(self.contract, {cell: self.cases(cell) for cell in cells}, self.run)[cells[0]]


def loses(*names: str, every: int = 1) -> Holds:
    return lambda case: (True, case.instruction not in names or case.order_index % every > 0)
