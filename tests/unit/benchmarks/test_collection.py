"""The collection benchmark compares suites with as many items in both, and its contracts are sound."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.collection import PROBES, RULES, contract_text, main, write_suites
from pytest_kvguard.contract.parse import find_problems, parse_contract
from pytest_kvguard.errors import UsageError


def test_generated_contracts_are_sound_and_check_every_instruction_under_every_probe(tmp_path: Path) -> None:
    path = tmp_path / "desk.kv.yaml"
    path.write_text(contract_text(7, len(RULES) + 1), encoding="utf-8")
    assert find_problems(path) == ()
    contract = parse_contract(path)
    assert [len(contract.checked(probe.id)) for probe in contract.probes] == [len(RULES) + 1] * PROBES


def test_both_suites_have_the_items_that_were_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    assert main(["--items=20", "--contracts=2", "--repeats=1", f"--json={report}"]) == 0
    figures = json.loads(report.read_text())
    assert (figures["items"], figures["contracts"]) == (20, 2)
    assert figures["guard"]["cpu_seconds"] > 0 and figures["floor"]["cpu_seconds"] > 0
    assert "20 items of 2 files" in capsys.readouterr().out


@pytest.mark.parametrize(("contracts", "items"), [(2, 15), (2, 5), (3, 20)])
def test_items_that_cannot_be_divided_evenly_are_refused(tmp_path: Path, contracts: int, items: int) -> None:
    with pytest.raises(UsageError, match=f"Give a multiple of {contracts * PROBES}"):
        write_suites(tmp_path, contracts, items)
