"""Contracts as pytest nodes: file → probe → one item per instruction, policy, ratio, kernel and order or search."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kvguard.backends.specs import NO_POLICY
from pytest_kvguard.errors import ContractError
from pytest_kvguard.plugin.golden_items import GoldenItem, golden_points
from pytest_kvguard.plugin.items import BrokenContract, CaseItem, GateItem
from pytest_kvguard.plugin.options import KVOptions, Point
from pytest_kvguard.plugin.ratio_items import RatioItem
from pytest_kvguard.plugin.search_items import SearchItem
from pytest_kvguard.plugin.session import session_key
from pytest_kvguard.values.results import ON_SERVER, SEARCHED

if TYPE_CHECKING:
    from pytest_kvguard.contract.model import Contract
    from pytest_kvguard.values.results import CaseId

__all__ = ["CONTRACT_SUFFIX", "ContractFile", "cases_of", "point_label", "resolve_contract"]

CONTRACT_SUFFIX = ".kv.yaml"


def point_label(point: Point, kernels: int, order_index: int) -> str:
    """Return the bracketed end of a node id, in characters that ``pytest -k`` takes."""
    parts = ["uncompressed"] if point.policy == NO_POLICY else [_slug(point.policy)]
    # A server has no ratio that we know of.
    parts += [point.ratio] * (point.policy != NO_POLICY and point.kernel != ON_SERVER)
    parts += [point.kernel] * (kernels > 1)
    parts += ["search"] if order_index == SEARCHED else [f"order{order_index}"] * (order_index > 0)
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
            contract = resolve_contract(parse_contract(self.path), kv.options)
        except ContractError as error:
            kv.masker.add(secrets_in_file(self.path))
            yield BrokenContract.from_parent(self, name="contract", error=error)
            return
        register_secrets(kv.masker, contract)
        if kv.options.find_ratio:
            yield from self._ratios(contract)
            return
        orders = sample_orders(contract, kv.options.seed)
        for probe in contract.probes:
            yield ProbeNode.from_parent(self, name=probe.id, contract=contract, orders=orders)
        yield from self._gates(contract, orders)
        if kv.options.golden.is_on:
            yield from self._goldens(contract, orders[:1])

    def _ratios(self, contract: Contract) -> Iterator[pytest.Item]:
        """Yield an item per policy and kernel, instead of all those at given ratios."""
        options = self.config.stash[session_key].options
        for kernel in options.kernels:
            for policy in options.policies:
                label = _slug(policy) + f"-{kernel}" * (len(options.kernels) > 1)
                yield RatioItem.from_parent(
                    self, name=f"find-ratio[{label}]", contract=contract, policy=policy, kernel=kernel
                )

    def _gates(self, contract: Contract, orders: tuple[tuple[str, ...], ...]) -> Iterator[pytest.Item]:
        from pytest_kvguard.evaluation.gates import needs_gate_item

        options = self.config.stash[session_key].options
        points = [point for point in options.points if point.policy != NO_POLICY]
        if not points or not needs_gate_item(contract):
            return
        cases = {
            point: [c for probe in contract.probes for c in cases_of(contract, probe.id, orders, [point])]
            for point in points
        }
        for point in points:
            label = point_label(point, len(options.kernels), 0)
            yield GateItem.from_parent(self, name=f"gate[{label}]", contract=contract, point=point, cases=cases)

    def _goldens(self, contract: Contract, orders: tuple[tuple[str, ...], ...]) -> Iterator[pytest.Item]:
        options = self.config.stash[session_key].options
        for point in golden_points(options.points):
            cases = [case for probe in contract.probes for case in cases_of(contract, probe.id, orders, [point])]
            label = point_label(point, len(options.kernels), 0)
            yield GoldenItem.from_parent(self, name=f"golden[{label}]", contract=contract, point=point, cases=cases)


def resolve_contract(contract: Contract, options: KVOptions) -> Contract:
    """Return a contract as it is run: with the gate and the seeds that the options add to it."""
    gate = options.gate_of(contract.gate)
    if not contract.is_sampled:
        # A drop is a statement over orders or seeds; where there are none, single losses must go on failing.
        gate = replace(gate, max_drop=None)
    return replace(contract, gate=gate, generate=replace(contract.generate, first_seed=options.seed))


class ProbeNode(pytest.Collector):
    """One conversation of a contract."""

    def __init__(self, *, contract: Contract, orders: tuple[tuple[str, ...], ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.contract = contract
        self.orders = orders

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the items of every instruction that is checked under this probe."""
        points = self.config.stash[session_key].options.points
        for case in cases_of(self.contract, self.name, self.orders, points):
            yield CaseItem.from_parent(self, name=self._label(case), contract=self.contract, case=case)
        if self.contract.orderings is None or not self.contract.orderings.search:
            return
        compressed = [point for point in points if point.policy != NO_POLICY]
        for case in cases_of(self.contract, self.name, self.orders[:1], compressed):
            searched = replace(case, order_index=SEARCHED)
            yield SearchItem.from_parent(self, name=self._label(searched), contract=self.contract, case=searched)

    def _label(self, case: CaseId) -> str:
        kernels = len(self.config.stash[session_key].options.kernels)
        return (
            f"{case.instruction}[{point_label(Point(case.policy, case.ratio, case.kernel), kernels, case.order_index)}]"
        )


def cases_of(
    contract: Contract, probe: str, orders: tuple[tuple[str, ...], ...], points: Iterable[Point]
) -> Iterator[CaseId]:
    """Yield the coordinates of every item of one probe."""
    from pytest_kvguard.evaluation.cases import cases_of_probe

    for point in points:
        yield from cases_of_probe(contract, probe, orders, point.policy, point.ratio, point.kernel)
