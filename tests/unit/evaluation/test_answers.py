"""Checks judge answers, leak detectors read thinking too, and a chat goes on without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_kvguard.backends.protocol import TurnRequest
from pytest_kvguard.backends.scripted import Scripted
from pytest_kvguard.contract.model import Contract, Instruction
from pytest_kvguard.evaluation.run_case import Runner
from pytest_kvguard.values.results import CaseId, CaseResult, Verdict

CaseOf = Callable[..., CaseId]
CALL = '{"name": "weather", "parameters": {"city": "Oslo"}}'


def judged(contract: Contract, case: CaseId, baseline: str, compressed: str) -> CaseResult:
    def answer(request: TurnRequest) -> str:
        return baseline if request.cell.is_uncompressed else compressed

    return Runner(Scripted(answer)).result(contract, case, "context")


@pytest.mark.parametrize(
    ("baseline", "compressed", "verdict"),
    [
        ("<think>hm</think>at 9:30", "<think>9:30?</think>never", Verdict.LOST),
        ("<think>never</think>at 9:30", "9:30", Verdict.HELD),
        ("<think>9:30</think>never", "9:30", Verdict.UNMET),
        ("<think>9:30", "9:30", Verdict.UNMET),
        ("at 9:30", "<think>9:30", Verdict.LOST),
    ],
)
def test_what_a_model_thinks_is_not_what_it_answers(
    contract: Contract, case_of: CaseOf, baseline: str, compressed: str, verdict: Verdict
) -> None:
    result = judged(contract, case_of(), baseline, compressed)
    assert result.verdict is verdict
    assert result.baseline is not None and result.baseline.text == baseline


def test_a_secret_leaks_in_thinking_too(contract: Contract, case_of: CaseOf) -> None:
    result = judged(contract, case_of("secret"), "I keep it.", "<think>It is KX-4471.</think>I keep it.")
    assert result.verdict is Verdict.LEAKED


def test_later_turns_do_not_see_the_thinking_of_earlier_ones(contract: Contract, case_of: CaseOf) -> None:
    backend = Scripted(lambda request: "<think>hm</think>at 9:30")
    Runner(backend).result(contract, case_of(probe="talk", policy="none", ratio="0"), "context")
    assert [request.replies for request in backend.requests] == [(), ("at 9:30",)]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ((("tool_call", "weather"),), "Use tools."),
        ((("tool_call", {"name": "weather", "arguments": {"city": "Oslo"}}),), "Use tools."),
        ((("max_words", 3),), 'Use {"type": "function", "function": {"name": "weather", "parameters": {}}}.'),
    ],
)
def test_checks_know_the_tools_that_their_contract_names(
    contract: Contract, case_of: CaseOf, names: tuple[tuple[str, object], ...], text: str
) -> None:
    shy = Instruction("shy", "Call no tool.", checks=(("no_tool_call", True),))
    keen = Instruction("keen", "Call a tool.", checks=(("tool_call", True),))
    probe = replace(contract.probes[0])
    for parts, verdicts in (
        ((shy, keen, Instruction("tools", text, checks=names)), (Verdict.UNMET, Verdict.HELD)),
        ((shy, keen), (Verdict.HELD, Verdict.UNMET)),
    ):
        aware = Contract("shop", contract.path, "", parts, (probe,))
        for name, verdict in zip(("shy", "keen"), verdicts, strict=True):
            case = case_of(name, order=tuple(part.id for part in parts))
            assert judged(aware, case, CALL, CALL).verdict is verdict
