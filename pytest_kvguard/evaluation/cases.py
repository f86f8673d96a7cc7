"""The cases of a contract in a cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_kvguard.contract.model import Contract
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.results import CaseId

__all__ = ["cases_of_cell", "cases_of_probe"]


def cases_of_probe(contract: Contract, probe: str, orders: Sequence[tuple[str, ...]], cell: Cell) -> Iterator[CaseId]:
    """Yield the cases of one probe in one cell: every order and every instruction that the probe checks."""
    for index, order in enumerate(orders):
        for instruction in contract.checked(probe):
            yield CaseId(contract.name, probe, instruction.id, cell, order, index)


def cases_of_cell(contract: Contract, orders: Sequence[tuple[str, ...]], cell: Cell) -> Iterator[CaseId]:
    """Yield the cases of all probes in one cell."""
    for probe in contract.probes:
        yield from cases_of_probe(contract, probe.id, orders, cell)
