"""Contracts as pytest nodes: file → probe → one item per instruction, cell, and order or search."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kvguard.errors import ContractError, ContractWarning
from pytest_kvguard.plugin.items.case import CaseItem
from pytest_kvguard.plugin.items.contract_item import BrokenContract
from pytest_kvguard.plugin.items.gate import GateItem
from pytest_kvguard.plugin.items.golden import GoldenItem, golden_cells
from pytest_kvguard.plugin.items.ratio import RatioItem
from pytest_kvguard.plugin.items.search import SearchItem
from pytest_kvguard.plugin.session import session_key
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.results import SEARCHED

if TYPE_CHECKING:
    from pytest_kvguard.contract.model import Contract
    from pytest_kvguard.values.results import CaseId

__all__ = ["CONTRACT_SUFFIX", "ContractFile", "ProbeNode", "cases_of"]

CONTRACT_SUFFIX = ".kv.yaml"


class ContractFile(pytest.File):
    """One ``*.kv.yaml``; a file that cannot be read becomes one failing item."""

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        """Yield a node per probe, and the items of gates and goldens; with ``--kv-find-ratio``, the items of ratios."""
        from pytest_kvguard.contract.file_name import refuse_ending
        from pytest_kvguard.contract.order import sample_orders
        from pytest_kvguard.contract.parse import parse_contract
        from pytest_kvguard.contract.secrets import secrets_in_file
        from pytest_kvguard.reports.masked import register_secrets

        kv = self.config.stash[session_key]
        try:
            if "::" in self.nodeid:
                raise ContractError(
                    f"the path {self.nodeid} holds '::', which separates the parts of node ids. Rename it.", self.path
                )
            refuse_ending(self.path)
            contract = kv.settings.resolve(parse_contract(self.path))
        except ContractError as error:
            kv.masker.add(secrets_in_file(self.path))
            yield BrokenContract.from_parent(self, name="contract", error=error)
            return
        register_secrets(kv.masker, contract)
        try:
            self._warn_of_placeholders(contract)
        except ContractWarning as warning:  # where warnings are errors, it fails this file and no other
            yield BrokenContract.from_parent(self, name="contract", error=warning.args[0])
            return
        if kv.options.find_ratio:
            yield from self._ratios(contract)
            return
        orders = sample_orders(contract, kv.settings.seed)
        for probe in contract.probes:
            yield ProbeNode.from_parent(self, name=probe.id, contract=contract, orders=orders)
        yield from self._gates(contract, orders)
        if kv.options.golden.is_on:
            yield from self._goldens(contract, orders[:1])

    def _warn_of_placeholders(self, contract: Contract) -> None:
        from pytest_kvguard.contract.placeholders import placeholder_warning

        warning = placeholder_warning(contract)
        if warning is not None:
            message, line = warning
            self.warn(ContractWarning(ContractError(message, self.path, line)))

    def _ratios(self, contract: Contract) -> Iterator[pytest.Item]:
        """Yield an item per policy and kernel, in place of the items at given ratios."""
        settings = self.config.stash[session_key].settings
        for kernel in settings.kernels:
            for policy in settings.policies:
                cell = Cell(policy, kernel=kernel)
                name = f"find-ratio[{cell.slug_without_ratio}]"
                yield RatioItem.from_parent(self, name=name, contract=contract, cell=cell)

    def _gates(self, contract: Contract, orders: tuple[tuple[str, ...], ...]) -> Iterator[pytest.Item]:
        from pytest_kvguard.evaluation.gates import needs_gate_item

        cells = self.config.stash[session_key].settings.compressed_cells
        if not cells or not needs_gate_item(contract):
            return
        cases = {cell: _cases_in(contract, orders, cell) for cell in cells}
        for cell in cells:
            yield GateItem.from_parent(self, name=f"gate[{cell.slug}]", contract=contract, cell=cell, cases=cases)

    def _goldens(self, contract: Contract, orders: tuple[tuple[str, ...], ...]) -> Iterator[pytest.Item]:
        for cell in golden_cells(self.config.stash[session_key].settings.cells):
            cases = _cases_in(contract, orders, cell)
            yield GoldenItem.from_parent(self, name=f"golden[{cell.slug}]", contract=contract, cell=cell, cases=cases)


class ProbeNode(pytest.Collector):
    """One conversation of a contract."""

    def __init__(self, *, contract: Contract, orders: tuple[tuple[str, ...], ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.contract = contract
        self.orders = orders

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the items of every instruction that this probe checks."""
        settings = self.config.stash[session_key].settings
        for case in cases_of(self.contract, self.name, self.orders, settings.cells):
            yield CaseItem.from_parent(self, name=_item_name(case), contract=self.contract, case=case)
        if self.contract.orderings is None or not self.contract.orderings.search:
            return
        for case in cases_of(self.contract, self.name, self.orders[:1], settings.compressed_cells):
            searched = replace(case, order_index=SEARCHED)
            yield SearchItem.from_parent(self, name=_item_name(searched), contract=self.contract, case=searched)


def _item_name(case: CaseId) -> str:
    """Return the last part of a node id, in characters that ``pytest -k`` accepts."""
    order = ["search"] if case.order_index == SEARCHED else [f"order{case.order_index}"] * (case.order_index > 0)
    return f"{case.instruction}[{'-'.join([case.cell.slug, *order])}]"


def cases_of(
    contract: Contract, probe: str, orders: tuple[tuple[str, ...], ...], cells: Iterable[Cell]
) -> Iterator[CaseId]:
    """Yield the coordinates of every item of one probe."""
    from pytest_kvguard.evaluation.cases import cases_of_probe

    for cell in cells:
        yield from cases_of_probe(contract, probe, orders, cell)


def _cases_in(contract: Contract, orders: tuple[tuple[str, ...], ...], cell: Cell) -> list[CaseId]:
    from pytest_kvguard.evaluation.cases import cases_of_cell

    return list(cases_of_cell(contract, orders, cell))
