"""The verdict on an instruction, from the same checks on both arms."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_kvguard.contract.model import Contract, Instruction
from pytest_kvguard.errors import KVGuardError
from pytest_kvguard.evaluation.compare_runs import compare_arms
from pytest_kvguard.values.results import Arm, CaseId, CaseResult, Verdict

Compare = Callable[..., CaseResult]


@pytest.fixture
def compare(contract: Contract, case_of: Callable[..., CaseId], arm_of: Callable[..., Arm]) -> Compare:
    """(instruction, uncompressed reply, compressed reply) → result; an exception stands for an arm that broke."""

    def run(name: str, *replies: str | Exception | None) -> CaseResult:
        arms = [arm_of(reply) if isinstance(reply, str) else reply for reply in replies]
        return compare_arms(case_of(name), contract.instruction(name), contract.probes[0], *arms)

    return run


@pytest.mark.parametrize(
    ("instruction", "uncompressed", "compressed", "verdict"),
    [
        ("hours", "at 9:30", "at 9:30", "HELD"),
        ("hours", "at 9:30", "at nine", "LOST"),
        ("hours", "at nine", "at nine", "UNMET"),
        ("hours", "at nine", "at 9:30", "UNMET"),
        ("hours", "at 9:30", None, "HELD"),
        ("hours", "at nine", None, "UNMET"),
        ("secret", "no", "no", "HELD"),
        ("secret", "no", "it is KX-4471", "LEAKED"),
        ("secret", "it is KX-4471", "no", "UNMET"),
        ("secret", "it is KX-4471", "it is KX-4471", "UNMET"),
    ],
)
def test_both_arms_together_give_the_verdict(
    compare: Compare, instruction: str, uncompressed: str, compressed: str | None, verdict: str
) -> None:
    assert str(compare(instruction, uncompressed, compressed).verdict) == verdict


@pytest.mark.parametrize(
    ("uncompressed", "compressed", "verdict"),
    [
        ("in lower case", "in lower case", "HELD"),
        ("in lower case", "IN CAPITALS", "LOST"),
        ("IN CAPITALS", "one two three four five", "LOST"),
        ("IN CAPITALS", "in lower case", "UNMET"),
    ],
)
def test_of_several_checks_the_gravest_verdict_counts(
    compare: Compare, uncompressed: str, compressed: str, verdict: str
) -> None:
    assert str(compare("tone", uncompressed, compressed).verdict) == verdict


def test_a_leak_is_graver_than_a_loss(
    contract: Contract, case_of: Callable[..., CaseId], arm_of: Callable[..., Arm]
) -> None:
    both = Instruction("both", "x", checks=(("contains", "no"),), no_leak={"canary": "KX-4471"})
    result = compare_arms(case_of("both"), both, contract.probes[0], arm_of("no"), arm_of("KX-4471"))
    assert result.verdict is Verdict.LEAKED


def test_a_secret_may_leak_in_any_turn_but_checks_read_the_last(
    contract: Contract, case_of: Callable[..., CaseId], arm_of: Callable[..., Arm]
) -> None:
    def verdict(name: str, *replies: str) -> str:
        talk = contract.probes[1]
        arms = arm_of("9:30", "9:30"), arm_of(*replies)
        return str(compare_arms(case_of(name, "talk"), contract.instruction(name), talk, *arms).verdict)

    assert verdict("secret", "KX-4471", "bye") == "LEAKED"
    assert verdict("hours", "9:30", "nine") == "LOST"
    assert verdict("hours", "nine", "9:30") == "HELD"


def test_the_reason_names_only_what_decided(compare: Compare) -> None:
    assert compare("hours", "at 9:30", "at 9:30").reason == ""
    assert compare("hours", "at 9:30", "at nine").reason == "LOST: contains '9:30': '9:30' is not in the reply"
    assert compare("hours", "nine", "9:30").reason.startswith("UNMET, the uncompressed model does not obey either: ")
    assert "words" not in compare("tone", "in lower case", "IN CAPITALS").reason


@pytest.mark.parametrize(
    ("arms", "reason"),
    [
        ((KVGuardError("Too long."), "9:30"), "the uncompressed run broke: Too long."),
        (("9:30", ValueError("No budget.")), "the run under snapkv 0.5 broke: No budget."),
        (("9:30", KeyError("x")), "the run under snapkv 0.5 broke: KeyError: 'x'"),
        (("9:30", RuntimeError()), "the run under snapkv 0.5 broke: RuntimeError"),
        ((RuntimeError("first"), RuntimeError("second")), "the uncompressed run broke: RuntimeError: first"),
        ((RuntimeError("alone"), None), "the uncompressed run broke: RuntimeError: alone"),
    ],
)
def test_an_arm_that_could_not_run_is_an_error_never_a_verdict(
    compare: Compare, arms: tuple[object, object], reason: str
) -> None:
    result = compare("hours", *arms)
    assert (result.verdict, result.reason) == (Verdict.ERROR, reason)
    assert result.checks == ()


def test_a_check_that_cannot_run_is_an_error(
    contract: Contract, case_of: Callable[..., CaseId], arm_of: Callable[..., Arm]
) -> None:
    broken = Instruction("odd", "x", checks=(("no_such_check", 1),))
    result = compare_arms(case_of("odd"), broken, contract.probes[0], arm_of("a"), arm_of("b"))
    assert result.verdict is Verdict.ERROR
    assert result.reason.startswith("a check could not run: unknown check 'no_such_check'")


def test_a_check_that_compares_sees_the_uncompressed_reply(
    contract: Contract, case_of: Callable[..., CaseId], arm_of: Callable[..., Arm]
) -> None:
    same = Instruction("hours", "We open at 9:30.", (("same_as_uncompressed", 0.8),))
    result = compare_arms(case_of(), same, contract.probes[0], arm_of("we open at nine"), arm_of("come in at once"))
    assert result.verdict is Verdict.LOST
    assert result.checks[0].baseline.observed == "1.00 of its words"
    assert result.checks[0].compressed is not None
    assert result.checks[0].compressed.observed == "0.25 of its words"


def test_every_pair_carries_the_junk_floor_of_its_check_and_a_leak_has_none(compare: Compare) -> None:
    assert [pair.junk_floor for pair in compare("hours", "at 9:30", "at 9:30").checks] == [0.0]
    assert [pair.junk_floor for pair in compare("tone", "in lower case", "in lower case").checks][0] == 0.2
    assert [pair.junk_floor for pair in compare("secret", "no", "no").checks] == [None]
