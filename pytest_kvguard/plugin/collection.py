"""Contracts as pytest nodes: file → probe → one item per instruction, policy, ratio, kernel and order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kvguard.backends.specs import NO_POLICY
from pytest_kvguard.errors import ContractError
from pytest_kvguard.plugin.items import BrokenContract, CaseItem, GateItem
from pytest_kvguard.plugin.options import Point
from pytest_kvguard.plugin.session import session_key
from pytest_kvguard.results import CaseId

if TYPE_CHECKING:
    from pytest_kvguard.contract.model import Contract

__all__ = ["CONTRACT_SUFFIX", "ContractFile", "cases_of", "point_label"]

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
        from pytest_kvguard.contract.secrets import secrets_in_file
        from pytest_kvguard.reports.masked import register_secrets

        kv = self.config.stash[session_key]
        try:
            contract = parse_contract(self.path)
        except ContractError as error:
            kv.masker.add(secrets_in_file(self.path))
            yield BrokenContract.from_parent(self, name="contract", error=error)
            return
        register_secrets(kv.masker, contract)
        orders = sample_orders(contract, kv.options.seed)
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
                cases = [c for probe in contract.probes for c in cases_of(contract, probe.id, orders, [point])]
                yield GateItem.from_parent(self, name=f"gate[{label}]", contract=contract, cases=cases)


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
