"""The runner: every conversation runs once, turn by turn, and errors are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_kvguard.backends.protocol import TurnRequest
from pytest_kvguard.backends.scripted import Scripted
from pytest_kvguard.contract.model import Contract
from pytest_kvguard.evaluation.run_case import Runner, conversations_of
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.results import CaseId, Verdict

CaseOf = Callable[..., CaseId]


def echo(request: TurnRequest) -> str:
    return f"9:30 {request.policy} {len(request.turns)}"


def test_a_case_under_a_policy_has_two_conversations_that_differ_in_the_policy_alone(
    contract: Contract, case_of: CaseOf
) -> None:
    baseline, compressed = conversations_of(contract, case_of(), "context")
    assert compressed is not None
    assert (baseline.cell, compressed.cell) == (Cell(), Cell.of("snapkv", "0.5"))
    assert compressed.uncompressed == baseline


def test_a_case_without_a_policy_has_one(contract: Contract, case_of: CaseOf) -> None:
    baseline, compressed = conversations_of(contract, case_of(policy="none", ratio="0"), "context")
    assert (baseline.cell, compressed) == (Cell(), None)


def test_instructions_of_one_probe_share_their_conversations(contract: Contract, case_of: CaseOf) -> None:
    backend = Scripted(echo)
    runner = Runner(backend)
    for name in ("hours", "tone", "secret"):
        runner.result(contract, case_of(name), "context")
    assert [request.policy for request in backend.requests] == ["none", "snapkv"]


def test_policies_and_ratios_share_the_uncompressed_conversation(contract: Contract, case_of: CaseOf) -> None:
    backend = Scripted(echo)
    runner = Runner(backend)
    for policy, ratio in (("snapkv", "0.5"), ("snapkv", "0.25"), ("knorm", "0.5")):
        runner.result(contract, case_of(policy=policy, ratio=ratio), "context")
    assert [(request.policy, request.ratio) for request in backend.requests] == [
        ("none", "0"),
        ("snapkv", "0.5"),
        ("snapkv", "0.25"),
        ("knorm", "0.5"),
    ]


@pytest.mark.parametrize("change", [{"order": ("tone", "hours", "secret")}, {"probe": "talk"}])
def test_another_order_or_probe_is_another_conversation(
    contract: Contract, case_of: CaseOf, change: dict[str, object]
) -> None:
    backend = Scripted(echo)
    runner = Runner(backend)
    runner.result(contract, case_of(), "context")
    before = len(backend.requests)
    runner.result(contract, case_of(**change), "context")
    assert len(backend.requests) > before


def test_each_arm_carries_its_own_replies_to_the_next_turn(contract: Contract, case_of: CaseOf) -> None:
    backend = Scripted(echo)
    result = Runner(backend).result(contract, case_of(probe="talk"), "context")
    assert [request.replies for request in backend.requests] == [(), (), ("9:30 none 1",), ("9:30 snapkv 1",)]
    assert result.compressed is not None
    assert [reply.text for reply in result.compressed.replies] == ["9:30 snapkv 1", "9:30 snapkv 2"]


def test_conversations_of_different_lengths_are_run_side_by_side(contract: Contract, case_of: CaseOf) -> None:
    batches: list[int] = []

    class Counting(Scripted):
        def run_turns(self, requests, progress=None):  # type: ignore[no-untyped-def]
            batches.append(len(requests))
            return super().run_turns(requests, progress)

    runner = Runner(Counting(echo))
    runner.run(
        arm for probe in ("opening", "talk") for arm in conversations_of(contract, case_of(probe=probe), "") if arm
    )
    assert batches == [4, 2]


def test_an_error_in_one_conversation_spoils_no_other(contract: Contract, case_of: CaseOf) -> None:
    def answer(request: TurnRequest) -> str:
        if request.policy == "knorm":
            raise RuntimeError("stalled")
        return echo(request)

    runner = Runner(Scripted(answer))
    verdicts = [runner.result(contract, case_of(policy=policy), "context").verdict for policy in ("knorm", "snapkv")]
    assert verdicts == [Verdict.ERROR, Verdict.HELD]


def test_a_conversation_that_broke_is_not_continued(contract: Contract, case_of: CaseOf) -> None:
    def answer(request: TurnRequest) -> str:
        raise RuntimeError("stalled")

    backend = Scripted(answer)
    Runner(backend).result(contract, case_of(probe="talk"), "context")
    assert [len(request.turns) for request in backend.requests] == [1, 1]


def test_a_backend_that_breaks_is_asked_once_and_its_conversations_are_errors(
    contract: Contract, case_of: CaseOf
) -> None:
    class Broken(Scripted):
        calls = 0

        def run_turns(self, requests, progress=None):  # type: ignore[no-untyped-def]
            self.calls += 1
            raise MemoryError("no room")

    backend = Broken(echo)
    runner = Runner(backend)
    assert not runner.has_run(contract, case_of(), "context")
    with pytest.raises(MemoryError):
        runner.result(contract, case_of(), "context")
    assert runner.has_run(contract, case_of(), "context")
    result = runner.result(contract, case_of("tone"), "context")
    assert (result.verdict, backend.calls) == (Verdict.ERROR, 1)


def test_the_cache_report_is_that_of_the_last_turn(contract: Contract, case_of: CaseOf) -> None:
    result = Runner(Scripted(echo)).result(contract, case_of(probe="talk", ratio="0.25"), "context")
    assert result.baseline is not None and result.baseline.cache is None
    assert result.compressed is not None and result.compressed.cache is not None
    assert result.compressed.cache.achieved_ratio == 0.25


def test_a_contract_of_the_same_name_with_another_check_or_text_is_judged_anew(
    contract: Contract, case_of: CaseOf
) -> None:
    backend = Scripted(echo)
    runner = Runner(backend)
    assert runner.result(contract, case_of(), "context").verdict is Verdict.HELD
    hours = contract.instruction("hours")
    others = tuple(part for part in contract.parts if part.id != "hours")
    stricter = replace(contract, parts=(replace(hours, checks=(("contains", "none"),)), *others))
    order = stricter.written_order
    asked = len(backend.requests)
    result = runner.result(stricter, replace(case_of(), order=order), "context")
    assert result.verdict is Verdict.LOST
    reworded = replace(contract, parts=(replace(hours, text="We open at 9:30 sharp."), *others))
    runner.result(reworded, replace(case_of(), order=order), "context")
    assert len(backend.requests) > asked
