"""The backend that answers from a script."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kvguard.backends.protocol import TurnOutcome, TurnRequest
from pytest_kvguard.backends.scripted import Scripted
from pytest_kvguard.contract.model import Contract, Instruction, Probe
from pytest_kvguard.values.cell import Cell

CONTRACT = Contract("shop", Path("x"), "", (Instruction("hours", "9:30"),), (Probe("p", ("When?",)),))


def request(policy: str = "none", ratio: str = "0") -> TurnRequest:
    return TurnRequest(CONTRACT, ("hours",), ("When?",), (), Cell.of(policy, ratio), "context")


def test_it_answers_with_the_script_and_keeps_its_requests() -> None:
    backend = Scripted(lambda asked: f"under {asked.policy}")
    outcomes = backend.run_turns([request(), request("snapkv", "0.5")])
    assert [outcome.reply.text for outcome in outcomes if isinstance(outcome, TurnOutcome)] == [
        "under none",
        "under snapkv",
    ]
    assert [asked.policy for asked in backend.requests] == ["none", "snapkv"]


def test_an_exception_of_the_script_is_that_turns_error_alone() -> None:
    def answer(asked: TurnRequest) -> str:
        if asked.policy == "snapkv":
            raise RuntimeError("stalled")
        return "fine"

    broken, fine = Scripted(answer).run_turns([request("snapkv", "0.5"), request()])
    assert isinstance(broken, RuntimeError)
    assert isinstance(fine, TurnOutcome)


@pytest.mark.parametrize(("ratio", "kept"), [("0.25", 75), ("1/4", 75), ("0", 100)])
def test_a_compressed_turn_reports_a_cache_of_the_ratio_asked_for(ratio: str, kept: int) -> None:
    (outcome,) = Scripted(lambda _: "fine").run_turns([request("snapkv", ratio)])
    assert isinstance(outcome, TurnOutcome) and outcome.cache is not None
    assert (outcome.cache.entries_before, outcome.cache.entries_after) == (100, kept)
    assert outcome.keep_rates["hours"].mean == kept / 100


def test_an_uncompressed_turn_reports_no_cache() -> None:
    (outcome,) = Scripted(lambda _: "fine").run_turns([request()])
    assert isinstance(outcome, TurnOutcome)
    assert (outcome.cache, dict(outcome.keep_rates)) == (None, {})
