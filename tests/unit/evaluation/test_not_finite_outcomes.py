"""Numbers that are not finite are the error of the conversation that a backend returned them for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy
import pytest

from pytest_kvguard.backends.protocol import Progress, TurnOutcome, TurnRequest
from pytest_kvguard.contract.model import Contract
from pytest_kvguard.evaluation.run_case import Runner
from pytest_kvguard.values.results import CaseId, Reply, Verdict
from pytest_kvguard.values.traces import StageSeconds, TopLogits, TurnTrace

REPLY = Reply("we open at 9:30", (1, 2), "stop", (("we", -0.1), ("open", -0.2)))


def logits(value: float = 1.0, log_sum: float = 2.0) -> TopLogits:
    values = numpy.array([[value, 0.5]], dtype=numpy.float32)
    return TopLogits(numpy.array([[4, 9]], dtype=numpy.int32), values, numpy.array([log_sum], dtype=numpy.float32))


def outcomes(value: float) -> dict[str, tuple[TurnOutcome, str]]:
    """Outcomes with one such number each, and what is said of it."""
    logprobs = replace(REPLY, logprobs=(("we", -0.1), ("open", value)))
    trace = TurnTrace((1, 2), 8, 64)
    seconds = {
        stage: replace(StageSeconds(1.0, 1.0, 1.0), **{stage: value}) for stage in ("prefill", "compress", "decode")
    }
    return {
        "logprobs": (TurnOutcome(logprobs), f"the logprob of the token 'open' is {value}"),
        "logits": (TurnOutcome(REPLY, trace=replace(trace, logits=logits(value=value))), "its highest logits"),
        "log sums": (TurnOutcome(REPLY, trace=replace(trace, logits=logits(log_sum=value))), "its highest logits"),
        **{
            stage: (TurnOutcome(REPLY, seconds=s), f"the seconds of {stage} are {value}")
            for stage, s in seconds.items()
        },
    }


class Spoilt:
    """Returns one outcome under compression, and a sound one otherwise."""

    title = "spoilt"

    def __init__(self, outcome: TurnOutcome, everywhere: bool) -> None:
        self.outcome, self.everywhere = outcome, everywhere

    def run_turns(
        self, requests: Sequence[TurnRequest], progress: Progress | None = None
    ) -> list[TurnOutcome | Exception]:
        return [
            self.outcome if self.everywhere or not request.cell.is_uncompressed else TurnOutcome(REPLY)
            for request in requests
        ]


@pytest.mark.parametrize("everywhere", [False, True], ids=["compressed", "all-arms"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")], ids=str)
@pytest.mark.parametrize("number", outcomes(0.0))
def test_numbers_that_are_not_finite_are_an_error_where_they_enter(
    contract: Contract, case_of: Callable[..., CaseId], number: str, value: float, everywhere: bool
) -> None:
    outcome, said = outcomes(value)[number]
    result = Runner(Spoilt(outcome, everywhere)).result(contract, case_of(), "context")
    arm = "the uncompressed run" if everywhere else "the run under snapkv 0.5"
    assert result.verdict is Verdict.ERROR
    assert result.reason.startswith(f"{arm} broke: the backend returned numbers that are not finite: {said}")


def test_finite_numbers_are_no_error(contract: Contract, case_of: Callable[..., CaseId]) -> None:
    for outcome, _ in outcomes(0.0).values():
        assert Runner(Spoilt(outcome, True)).result(contract, case_of(), "context").verdict is Verdict.HELD
