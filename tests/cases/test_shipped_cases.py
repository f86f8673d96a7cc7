"""The shipped contracts: enough of them, readable, and every one with something to check."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kvguard.contract.model import Contract
from pytest_kvguard.contract.parse import parse_contract

CASES = Path(__file__).parents[2] / "cases"
FILES = sorted(CASES.glob("*/*.kv.yaml"))


def checks_of(contract: Contract) -> int:
    return sum(len(contract.checked(probe.id)) for probe in contract.probes)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_contract_parses_is_named_like_its_file_and_checks_every_probe(path: Path) -> None:
    contract = parse_contract(path)
    assert f"{contract.name}.kv.yaml" == path.name
    assert all(contract.checked(probe.id) for probe in contract.probes)
    assert 3 <= len(contract.instructions) <= 8


def test_there_are_enough_contracts_checks_and_families() -> None:
    contracts = [parse_contract(path) for path in FILES]
    assert len(contracts) >= 24 and len({path.parent for path in FILES}) >= 6
    assert sum(map(checks_of, contracts)) >= 60
    assert any(len(probe.turns) > 1 for contract in contracts for probe in contract.probes)


def test_every_contract_stands_in_the_list() -> None:
    listed = (CASES / "README.md").read_text(encoding="utf-8")
    assert [path.stem.removesuffix(".kv") for path in FILES if path.stem.removesuffix(".kv") not in listed] == []
