"""Replies may become longer only so much more often than without compression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_kvguard.backends.protocol import TurnRequest
from pytest_kvguard.backends.scripted import Scripted
from pytest_kvguard.contract.model import Contract, Gate, Generate
from pytest_kvguard.evaluation.gates import control_lengths, conversation_lengths, exceeded_limits
from pytest_kvguard.evaluation.run_case import Runner
from pytest_kvguard.values.lengths import LengthPair
from pytest_kvguard.values.results import CaseId, CaseResult, Verdict

GATE = Gate(max_longer_share=0.25)
SAYS = "we open at 9:30"


def results_of(contract: Contract, cases: list[CaseId], lengthen: Callable[[TurnRequest], bool]) -> list[CaseResult]:
    """Return the results of cases on a model that says everything twice where ``lengthen`` says so."""
    runner = Runner(Scripted(lambda request: f"{SAYS} {SAYS}" if lengthen(request) else SAYS), "bfloat16")
    return [runner.result(replace(contract, gate=GATE), case, "context") for case in cases]


@pytest.fixture
def cases(case_of: Callable[..., CaseId]) -> list[CaseId]:
    return [case_of(probe="opening"), case_of(probe="talk")]


def test_replies_that_grow_under_compression_alone_are_a_breach(contract: Contract, cases: list[CaseId]) -> None:
    results = results_of(contract, cases, lambda request: request.policy != "none" and len(request.turns) == 1)
    assert conversation_lengths(results) == [LengthPair(4, 8), LengthPair(8, 12)]
    assert exceeded_limits(GATE, results) == (
        "2 of 2 replies are 1.5x as long or longer (0 of 2 uncompressed); max_longer_share is 0.25",
    )


def test_replies_that_grow_under_a_harmless_change_too_are_none(contract: Contract, cases: list[CaseId]) -> None:
    results = results_of(contract, cases, lambda request: request.policy != "none" or request.null_change != "")
    assert [pair.compressed for pair in control_lengths(results)] == [8, 16]
    assert exceeded_limits(GATE, results) == ()


def test_replies_that_grow_from_nothing_are_a_breach(contract: Contract, cases: list[CaseId]) -> None:
    gate = Gate(max_length_ratio=1000)
    for said, lines in ((SAYS, 1), ("", 0)):
        runner = Runner(Scripted(lambda request, said=said: said if request.policy != "none" else ""))
        results = [runner.result(replace(contract, gate=gate), case, "context") for case in cases]
        assert {pair.baseline for pair in conversation_lengths(results)} == {0}
        assert len([line for line in exceeded_limits(gate, results) if "max_length_ratio" in line]) == lines


def test_the_control_changes_no_verdict(contract: Contract, cases: list[CaseId]) -> None:
    results = results_of(contract, cases, lambda request: request.null_change != "")
    assert {result.verdict for result in results} == {Verdict.HELD}
    assert all(result.null is not None for result in results)


def test_without_the_limit_no_null_arm_runs_for_what_is_held(contract: Contract, cases: list[CaseId]) -> None:
    backend = Scripted(lambda request: SAYS)
    runner = Runner(backend, "bfloat16")
    results = [runner.result(contract, case, "context") for case in cases]
    assert {request.null_change for request in backend.requests} == {""}
    assert control_lengths(results) == []
    assert exceeded_limits(replace(GATE, max_longer_share=0.0), results) == ()


def test_a_control_that_cannot_run_is_an_error(contract: Contract, cases: list[CaseId]) -> None:
    def answer(request: TurnRequest) -> str:
        if request.null_change:
            raise RuntimeError("stalled")
        return SAYS

    runner = Runner(Scripted(answer), "bfloat16")
    results = [runner.result(replace(contract, gate=GATE), case, "context") for case in cases]
    assert [result.verdict for result in results] == [Verdict.ERROR, Verdict.ERROR]
    assert all("the null arm (bfloat16) broke: RuntimeError: stalled" in result.reason for result in results)


def test_a_gate_on_lengths_without_a_control_says_so(contract: Contract, cases: list[CaseId]) -> None:
    runner = Runner(Scripted(lambda request: SAYS if request.policy == "none" else f"{SAYS} {SAYS}"))
    results = [runner.result(replace(contract, gate=GATE), case, "context") for case in cases]
    assert "(no control was run)" in exceeded_limits(GATE, results)[0]


def test_of_drawn_replies_another_seed_is_the_control(contract: Contract, case_of: Callable[..., CaseId]) -> None:
    drawn = replace(contract, gate=GATE, generate=Generate(temperature=1.0, seeds=3))
    runner = Runner(Scripted(lambda request: SAYS + " indeed" * int(request.seed or 0)), "bfloat16")
    result = runner.result(drawn, case_of(), "context")
    assert control_lengths([result]) == [LengthPair(4, 5), LengthPair(5, 6), LengthPair(6, 4)]
