"""The time of a run grows with the number of instructions, not with its square."""

from __future__ import annotations

import pickle
import time
from pathlib import Path

import pytest

from pytest_kvguard.backends.scripted import Scripted
from pytest_kvguard.contract.model import Contract, Instruction, Probe
from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.evaluation.run_case import Runner
from pytest_kvguard.leaks.masking import Masker
from pytest_kvguard.reports.html.page import _shown_order
from pytest_kvguard.reports.masked import mask_case
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.results import CaseId, Verdict


def contract_of(size: int) -> Contract:
    rules = tuple(Instruction(f"rule{n}", f"Rule {n}.", (("lowercase", True),)) for n in range(size))
    return Contract("many", Path("many.kv.yaml"), "", rules, (Probe("opening", ("Hello",)),))


def seconds_for(size: int) -> float:
    contract, cell = contract_of(size), Cell.of("snapkv", "0.5")
    cases = [
        (contract, CaseId("many", "opening", part.id, cell, contract.written_order)) for part in contract.instructions
    ]
    runner = Runner(Scripted(lambda _: "fine"))
    start = time.process_time()
    runner.run_cases(cases, "alone")
    assert all(runner.result(*case, "alone").verdict is Verdict.HELD for case in cases)
    return time.process_time() - start


def test_four_times_as_many_instructions_take_about_four_times_as_long() -> None:
    seconds_for(100)  # imports
    assert seconds_for(10_000) < 9 * seconds_for(2_500)


def seconds_to_read(size: int, path: Path) -> float:
    rules = "".join(f"    - {{id: rule{n}, text: Rule {n}., check: {{lowercase: true}}}}\n" for n in range(size))
    path.write_text(f"kvguard: 1\nname: many\ncontext:\n  instructions:\n{rules}probes:\n  opening: Hello\n")
    start = time.process_time()
    assert len(parse_contract(path).instructions) == size
    return time.process_time() - start


def test_ten_thousand_instructions_are_read_in_proportion(tmp_path: Path) -> None:
    path = tmp_path / "many.kv.yaml"
    seconds_to_read(100, path)  # imports
    assert seconds_to_read(10_000, path) < 9 * seconds_to_read(2_500, path)


def test_the_record_of_a_case_looks_at_its_own_instruction_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    contract, masked = contract_of(1000), []
    masker = Masker(lambda: b"key")
    monkeypatch.setattr(masker, "mask", lambda text: masked.append(text) or text)
    case = CaseId("many", "opening", "rule7", Cell.of("snapkv", "0.5"), contract.written_order)
    assert mask_case(contract, case, masker).instruction("rule7").text == "Rule 7."
    assert sorted(masked) == ["", "Hello", "Rule 7."]


def test_a_page_shows_of_a_long_order_the_part_around_the_instruction() -> None:
    order = [f"rule{n}" for n in range(1000)]
    shown = _shown_order({"order": order, "instruction": "rule500"})
    assert (shown[0], shown[21], shown[-1], len(shown)) == ("480 others", "rule500", "479 others", 43)
    assert _shown_order({"order": order[:9], "instruction": "rule0"}) == order[:9]


def test_a_contract_that_travelled_to_another_process_writes_every_order_anew() -> None:
    contract = contract_of(3)
    orders = [("rule2", "rule0", "rule1"), contract.written_order]
    texts = [contract.system_text(order) for order in orders]
    travelled: Contract = pickle.loads(pickle.dumps(contract))
    assert [travelled.system_text(tuple(list(order))) for order in orders] == texts
    assert texts[0].startswith("Rule 2.") and texts[1].startswith("Rule 0.")
