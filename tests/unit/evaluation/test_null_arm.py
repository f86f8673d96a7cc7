"""The null arm: what a harmless change breaks too is no plain loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_kvguard.backends.protocol import TurnRequest
from pytest_kvguard.backends.scripted import Scripted
from pytest_kvguard.contract.model import Contract
from pytest_kvguard.evaluation.run_case import Runner
from pytest_kvguard.values.results import CaseId, CaseResult

CaseOf = Callable[..., CaseId]
OBEYS, FORGETS, LEAKS = "we open at 9:30", "we open at nine", "9:30, KX-4471"


def judged(
    contract: Contract, case: CaseId, null: str | Exception, compressed: str = FORGETS, uncompressed: str = OBEYS
) -> tuple[CaseResult, list[TurnRequest]]:
    """Return the result when the null arm says this, and the requests it took."""

    def answer(request: TurnRequest) -> str:
        if request.null_change:
            if isinstance(null, Exception):
                raise null
            return null
        return uncompressed if request.policy == "none" else compressed

    backend = Scripted(answer)
    return Runner(backend, "kernel").result(contract, case, "context"), backend.requests


@pytest.mark.parametrize(
    ("instruction", "null", "compressed", "verdict"),
    [
        ("hours", OBEYS, FORGETS, "LOST"),
        ("hours", FORGETS, FORGETS, "UNSTABLE"),
        ("secret", OBEYS, LEAKS, "LEAKED"),
        ("secret", LEAKS, LEAKS, "UNSTABLE"),
        ("tone", "loud words here", "SHOUTED WORDS THAT ARE LONG", "LOST"),
        ("tone", "ONE TWO THREE FOUR FIVE", "ONE TWO THREE FOUR FIVE", "UNSTABLE"),
        ("tone", "ONE", "ONE TWO THREE FOUR FIVE", "LOST"),
    ],
)
def test_a_loss_is_plain_only_if_the_null_arm_holds(
    contract: Contract, case_of: CaseOf, instruction: str, null: str, compressed: str, verdict: str
) -> None:
    result, _ = judged(contract, case_of(instruction), null, compressed, "at 9:30 too")
    assert str(result.verdict) == verdict


def test_the_null_arm_is_the_uncompressed_conversation_under_the_change(contract: Contract, case_of: CaseOf) -> None:
    _, requests = judged(contract, case_of(), OBEYS)
    assert [(r.policy, r.ratio, r.null_change) for r in requests] == [
        ("none", "0", ""),
        ("snapkv", "0.5", ""),
        ("none", "0", "kernel"),
    ]


@pytest.mark.parametrize(("uncompressed", "compressed"), [(OBEYS, OBEYS), (FORGETS, FORGETS), (FORGETS, OBEYS)])
def test_where_nothing_is_lost_the_null_arm_costs_nothing(
    contract: Contract, case_of: CaseOf, uncompressed: str, compressed: str
) -> None:
    result, requests = judged(contract, case_of(), FORGETS, compressed, uncompressed)
    assert len(requests) == 2
    assert result.null is None


class Counting(Scripted):
    """Notes the harmless changes that every batch asks for."""

    def __init__(self, answer: Callable[[TurnRequest], str]) -> None:
        super().__init__(answer)
        self.batches: list[list[str]] = []

    def run_turns(self, requests, progress=None):  # type: ignore[no-untyped-def]
        self.batches.append([request.null_change for request in requests])
        return super().run_turns(requests, progress)


def test_policies_and_ratios_share_one_null_arm_and_it_is_run_in_one_batch(contract: Contract, case_of: CaseOf) -> None:
    backend = Counting(lambda request: OBEYS if request.policy == "none" else FORGETS)
    runner = Runner(backend, "batch")
    cells = [("snapkv", "0.5"), ("snapkv", "0.25"), ("knorm", "0.5")]
    cases = [case_of(policy=policy, ratio=ratio) for policy, ratio in cells]
    runner.run_cases([(contract, case) for case in (*cases, case_of(order=("tone", "hours", "secret")))], "context")
    assert [len(batch) for batch in backend.batches] == [6, 2]
    assert set(backend.batches[1]) == {"batch"}
    assert {str(runner.result(contract, case, "context").verdict) for case in cases} == {"LOST"}
    assert len(backend.batches) == 2


@pytest.mark.parametrize("limit", [{"max_distance": 2.0}, {"max_longer_share": 0.5}])
def test_where_the_gate_compares_with_the_null_arm_it_is_run_with_the_others(
    contract: Contract, case_of: CaseOf, limit: dict[str, float]
) -> None:
    gated = replace(contract, gate=replace(contract.gate, **limit))
    backend = Counting(lambda request: OBEYS)
    Runner(backend, "kernel").run_cases([(gated, case_of()), (gated, case_of())], "context")
    assert backend.batches == [["", "", "kernel"]]


def test_the_reason_says_which_change_breaks_it_too(contract: Contract, case_of: CaseOf) -> None:
    result, _ = judged(contract, case_of(), FORGETS)
    assert result.reason == (
        "UNSTABLE: contains '9:30': '9:30' is not in the reply; "
        "so it does uncompressed under a harmless change (kernel)"
    )
    assert result.null is not None
    assert (result.null.change, result.null.arm.text) == ("kernel", FORGETS)
    assert result.checks[0].null is not None and not result.checks[0].null.holds


def test_a_null_arm_that_breaks_is_an_error_not_a_loss(contract: Contract, case_of: CaseOf) -> None:
    result, _ = judged(contract, case_of(), ValueError("no such kernel"))
    assert (str(result.verdict), result.reason) == ("ERROR", "the null arm (kernel) broke: no such kernel")


def test_without_a_null_arm_a_loss_is_a_loss(contract: Contract, case_of: CaseOf) -> None:
    backend = Scripted(lambda request: OBEYS if request.policy == "none" else FORGETS)
    result = Runner(backend).result(contract, case_of(), "context")
    assert (str(result.verdict), result.null, len(backend.requests)) == ("LOST", None, 2)
