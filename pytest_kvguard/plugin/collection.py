"""Contracts as pytest nodes: file → probe → one item per instruction, policy, ratio, kernel and order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kvguard.backends.names import NO_POLICY
from pytest_kvguard.errors import ContractError, KVGuardError
from pytest_kvguard.plugin.options import Point
from pytest_kvguard.plugin.session import KVSession, session_key
from pytest_kvguard.results import CaseId, CaseResult, Verdict

if TYPE_CHECKING:
    from pytest_kvguard.contract.model import Contract

__all__ = ["CONTRACT_SUFFIX", "CaseItem", "ContractFile", "GateItem", "point_label"]

CONTRACT_SUFFIX = ".kv.yaml"


def point_label(point: Point, kernels: int, order_index: int) -> str:
    """Return the bracketed end of a node id, in characters that ``pytest -k`` takes."""
    parts = ["uncompressed"] if point.policy == NO_POLICY else [_slug(point.policy), point.ratio]
    parts += [point.kernel] * (kernels > 1)
    parts += [f"order{order_index}"] * (order_index > 0)
    return "-".join(parts)


def _slug(spec: str) -> str:
    return re.sub(r"[^\w.:]+", "-", spec.replace("=", ".")).strip("-")


class ContractFile(pytest.File):
    """One ``*.kv.yaml``; a file that cannot be read becomes one failing item."""

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        """Yield a node per probe, and the gate's items."""
        from pytest_kvguard.contract.order import sample_orders
        from pytest_kvguard.contract.parse import parse_contract

        try:
            contract = parse_contract(self.path)
        except ContractError as error:
            yield BrokenContract.from_parent(self, name="contract", error=error)
            return
        orders = sample_orders(contract, self.config.stash[session_key].options.seed)
        for probe in contract.probes:
            yield ProbeNode.from_parent(self, name=probe.id, contract=contract, orders=orders)
        yield from self._gates(contract, orders)

    def _gates(self, contract: Contract, orders: tuple[tuple[str, ...], ...]) -> Iterator[pytest.Item]:
        from pytest_kvguard.evaluation.gates import needs_gate_item

        if not needs_gate_item(contract.gate):
            return
        options = self.config.stash[session_key].options
        for point in options.points:
            if point.policy != NO_POLICY:
                label = point_label(point, len(options.kernels), 0)
                yield GateItem.from_parent(self, name=f"gate[{label}]", contract=contract, orders=orders, point=point)


class BrokenContract(pytest.Item):
    """Stands for a contract file that cannot be read."""

    def __init__(self, *, error: ContractError, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error = error

    def runtest(self) -> None:
        """Fail with what is wrong."""
        raise self.error

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """Return the message alone; a traceback into the parser helps nobody."""
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return the line of the mistake."""
        return self.path, max(0, self.error.line - 1), f"{self.path.name}: broken contract"


class ProbeNode(pytest.Collector):
    """One conversation of a contract."""

    def __init__(self, *, contract: Contract, orders: tuple[tuple[str, ...], ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.contract = contract
        self.orders = orders

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the items of every instruction that is checked under this probe."""
        kernels = len(self.config.stash[session_key].options.kernels)
        for case in cases_of(self.contract, self.name, self.orders, self.config.stash[session_key].options.points):
            label = point_label(Point(case.policy, case.ratio, case.kernel), kernels, case.order_index)
            yield CaseItem.from_parent(self, name=f"{case.instruction}[{label}]", contract=self.contract, case=case)


def cases_of(
    contract: Contract, probe: str, orders: tuple[tuple[str, ...], ...], points: Iterable[Point]
) -> Iterator[CaseId]:
    """Yield the coordinates of every item of one probe."""
    for point in points:
        for index, order in enumerate(orders):
            for instruction in contract.checked(probe):
                yield CaseId(
                    contract.name, probe, instruction.id, point.policy, point.ratio, point.kernel, order, index
                )


class _ContractItem(pytest.Item):
    """What items of a contract share."""

    contract: Contract

    @property
    def kv(self) -> KVSession:
        return self.config.stash[session_key]

    def run_selected(self, cases: Iterable[CaseId]) -> None:
        """Run the conversations of these cases that are still missing, in one batch."""
        from pytest_kvguard.evaluation.run_case import conversations_of

        scope = self.kv.options.scope
        arms = (arm for case in cases for arm in conversations_of(self.contract, case, scope) if arm is not None)
        self.kv.run(arms)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the message of the guard's own errors alone."""
        if isinstance(excinfo.value, KVGuardError | CaseFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


class CaseFailure(Exception):
    """A verdict that fails an item; the text is the report."""


class CaseItem(_ContractItem):
    """One instruction under one probe, policy, ratio, kernel and order."""

    def __init__(self, *, contract: Contract, case: CaseId, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.contract = contract
        self.case = case
        self.result: CaseResult | None = None

    def setup(self) -> None:
        """Run every selected conversation of this contract at once; raise what kept this one from running."""
        mates = [item.case for item in self.session.items if isinstance(item, CaseItem) and item.path == self.path]
        self.run_selected(mates)
        self.result = self.kv.result(self.contract, self.case)
        self.user_properties.append(("kv_verdict", str(self.result.verdict)))
        if self.result.verdict is Verdict.ERROR:
            raise KVGuardError(f"ERROR  {self.result.reason}")

    def runtest(self) -> None:
        """Turn the verdict into pytest's outcome."""
        from pytest_kvguard.evaluation.gates import tolerates

        assert self.result is not None
        verdict = self.result.verdict
        if verdict is Verdict.HELD:
            return
        if verdict is Verdict.UNMET and not self.kv.options.strict:
            pytest.skip(self.result.reason)
        if tolerates(self.contract.gate, verdict):
            pytest.xfail(f"{self.result.reason} (left to the contract's gate)")
        raise CaseFailure(self._explain())

    def _explain(self) -> str:
        from pytest_kvguard.reports.failure import explain_case

        assert self.result is not None
        return explain_case(self.result, self.contract, self.rerun_command(), color=self._color())

    def rerun_command(self) -> str:
        """Return the command that runs just this item again."""
        from pytest_kvguard.reports.rerun import rerun_command

        return rerun_command(self.nodeid, self.kv.options, self.case)

    def _color(self) -> bool:
        reporter: Any = self.config.pluginmanager.getplugin("terminalreporter")
        return bool(reporter and reporter.hasmarkup)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return the line of the instruction and the id as a person would say it."""
        line = self.contract.instruction(self.case.instruction).line
        return self.path, max(0, line - 1), f"{self.contract.name}: {self.case.probe}::{self.name}"


class GateItem(_ContractItem):
    """A contract's gate over all its checks under one policy, ratio and kernel."""

    def __init__(self, *, contract: Contract, orders: Any, point: Point, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.contract = contract
        self.cases = [
            case for probe in contract.probes for case in cases_of(contract, probe.id, orders, [point])
        ]

    def setup(self) -> None:
        """Run what the gate counts."""
        self.run_selected(self.cases)

    def runtest(self) -> None:
        """Fail with every limit that is exceeded."""
        from pytest_kvguard.evaluation.gates import gate_breaches

        breaches = gate_breaches(self.contract.gate, [self.kv.result(self.contract, case) for case in self.cases])
        if breaches:
            where = f"{self.contract.path}: the gate of {self.contract.name} is exceeded"
            raise CaseFailure("\n".join([f"{where} under {self.name[5:-1]}", *(f"  {line}" for line in breaches)]))

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return the contract's file."""
        return self.path, None, f"{self.contract.name}: {self.name}"
