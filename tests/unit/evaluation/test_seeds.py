"""Sampled replies: a check is a rate over seeds, both arms paired by seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from pytest_kvguard.backends.protocol import TurnRequest
from pytest_kvguard.backends.scripted import Scripted
from pytest_kvguard.contract.model import Contract, Generate
from pytest_kvguard.evaluation.gates import length_ratio
from pytest_kvguard.evaluation.run_case import Runner
from pytest_kvguard.values.results import CaseId, CaseResult

CaseOf = Callable[..., CaseId]
HOURS = {True: "we open at 9:30", False: "we open at nine or so"}
SECRET = {True: "no", False: "it is KX-4471"}


def rated(
    contract: Contract, case: CaseId, uncompressed: Sequence[bool], compressed: Sequence[bool], words: dict[bool, str]
) -> tuple[CaseResult, list[TurnRequest]]:
    """Return the result of a check that holds with these seeds on each arm; seeds count from 5."""

    def answer(request: TurnRequest) -> str:
        assert request.seed is not None
        return words[(uncompressed if request.policy == "none" else compressed)[request.seed - 5]]

    sampled = replace(contract, generate=Generate(temperature=0.7, seeds=len(uncompressed), first_seed=5))
    backend = Scripted(answer)
    return Runner(backend, "kernel").result(sampled, case, "context"), backend.requests


ALL, NONE, SOME = [True] * 4, [False] * 4, [True, True, False, True]


@pytest.mark.parametrize(
    ("uncompressed", "compressed", "verdict"),
    [
        (ALL, ALL, "HELD"),
        (SOME, ALL, "HELD"),
        (SOME, [False, True, True, True], "HELD"),
        (ALL, NONE, "LOST"),
        (ALL, SOME, "UNSTABLE"),
        (SOME, NONE, "UNSTABLE"),
        (NONE, ALL, "UNMET"),
        (NONE, NONE, "UNMET"),
    ],
)
def test_only_what_always_held_and_then_never_does_is_lost_plainly(
    contract: Contract, case_of: CaseOf, uncompressed: list[bool], compressed: list[bool], verdict: str
) -> None:
    assert str(rated(contract, case_of(), uncompressed, compressed, HOURS)[0].verdict) == verdict


@pytest.mark.parametrize(
    ("uncompressed", "compressed", "verdict"),
    [(ALL, SOME, "LEAKED"), (ALL, NONE, "LEAKED"), (SOME, NONE, "UNSTABLE"), (ALL, ALL, "HELD"), (NONE, SOME, "UNMET")],
)
def test_a_secret_that_never_leaked_leaks_with_its_first_seed(
    contract: Contract, case_of: CaseOf, uncompressed: list[bool], compressed: list[bool], verdict: str
) -> None:
    assert str(rated(contract, case_of("secret"), uncompressed, compressed, SECRET)[0].verdict) == verdict


def test_both_arms_run_with_the_same_seeds_and_no_null_arm(contract: Contract, case_of: CaseOf) -> None:
    _, requests = rated(contract, case_of(), ALL, NONE, HOURS)
    assert [(r.policy, r.seed) for r in requests] == [(p, seed) for seed in (5, 6, 7, 8) for p in ("none", "snapkv")]
    assert {request.null_change for request in requests} == {""}


def test_a_rate_is_shown_with_the_first_seed_that_lost(contract: Contract, case_of: CaseOf) -> None:
    result, _ = rated(contract, case_of(), ALL, SOME, HOURS)
    assert result.reason == "UNSTABLE: contains '9:30': holds with 4 of 4 seeds uncompressed, with 3 compressed"
    assert result.seed == 7
    assert result.compressed is not None and result.compressed.text == HOURS[False]
    assert [reply.seed for reply in result.by_seed] == [5, 6, 7, 8]
    assert [reply.checks[0].compressed.holds for reply in result.by_seed if reply.checks[0].compressed] == SOME


def test_lengths_are_summed_over_seeds(contract: Contract, case_of: CaseOf) -> None:
    result, _ = rated(contract, case_of(), ALL, SOME, HOURS)
    assert length_ratio([result]) == (4 + 4 + 6 + 4) / 16


def test_an_uncompressed_run_is_a_rate_too(contract: Contract, case_of: CaseOf) -> None:
    result, _ = rated(contract, case_of(policy="none", ratio="0"), SOME, SOME, HOURS)
    assert str(result.verdict) == "HELD"
    assert rated(contract, case_of(policy="none", ratio="0"), NONE, NONE, HOURS)[0].reason == (
        "UNMET: contains '9:30': holds with 0 of 4 seeds uncompressed"
    )


def test_one_seed_that_broke_makes_the_check_an_error(contract: Contract, case_of: CaseOf) -> None:
    def answer(request: TurnRequest) -> str:
        if request.seed == 2:
            raise RuntimeError("stalled")
        return HOURS[True]

    sampled = replace(contract, generate=Generate(temperature=0.7, seeds=3))
    result = Runner(Scripted(answer)).result(sampled, case_of(), "context")
    assert (str(result.verdict), result.replies) == ("ERROR", ())
