"""The time of a run grows with the number of instructions, not with its square."""

from __future__ import annotations

import pickle
import time
from pathlib import Path

from pytest_kvguard.backends.scripted import Scripted
from pytest_kvguard.contract.model import Contract, Instruction, Probe
from pytest_kvguard.evaluation.run_case import Runner
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


def test_a_contract_that_travelled_to_another_process_writes_every_order_anew() -> None:
    contract = contract_of(3)
    orders = [("rule2", "rule0", "rule1"), contract.written_order]
    texts = [contract.system_text(order) for order in orders]
    travelled: Contract = pickle.loads(pickle.dumps(contract))
    assert [travelled.system_text(tuple(list(order))) for order in orders] == texts
    assert texts[0].startswith("Rule 2.") and texts[1].startswith("Rule 0.")
