"""A check that a reply does not tell: UNMET on the baseline, never a loss or a pass on the compressed arm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_kvguard.contract.model import Contract, Gate, Instruction, Orderings
from pytest_kvguard.evaluation.compare_runs import compare_arms, compare_seeds, with_null_arm
from pytest_kvguard.evaluation.judge_gate import judge_gates
from pytest_kvguard.reports.failure import explain_case
from pytest_kvguard.reports.records import case_record
from pytest_kvguard.values.gates import GateResult
from pytest_kvguard.values.results import Arm, CaseId, CaseResult
from pytest_kvguard.verifiers import table
from pytest_kvguard.verifiers.rule import Rule

Compare = Callable[..., CaseResult]
CaseOf, ArmOf = Callable[..., CaseId], Callable[..., Arm]
OPEN = Instruction("hours", "We open at 9:30.", checks=(("says_open", True),))


def says_open(reply: str, _: object) -> tuple[bool | None, str]:
    return {"open": True, "closed": False}.get(reply), f"the reply says {reply!r}"


@pytest.fixture(autouse=True)
def rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(table._RULES, "says_open", Rule("says_open", {}, lambda value: "says open", says_open))


@pytest.fixture
def compare(contract: Contract, case_of: CaseOf, arm_of: ArmOf) -> Compare:
    def run(*replies: str | None) -> CaseResult:
        arms = [None if reply is None else arm_of(reply) for reply in replies]
        return compare_arms(case_of(), OPEN, contract.probes[0], *arms)

    return run


@pytest.mark.parametrize(
    ("uncompressed", "compressed", "verdict"),
    [
        ("?", None, "UNMET"),
        ("?", "open", "UNMET"),
        ("?", "closed", "UNMET"),
        ("?", "?", "UNMET"),
        ("open", "?", "UNSTABLE"),
        ("closed", "?", "UNMET"),
    ],
)
def test_what_a_reply_does_not_tell_is_neither_lost_nor_held(
    compare: Compare, uncompressed: str, compressed: str | None, verdict: str
) -> None:
    assert str(compare(uncompressed, compressed).verdict) == verdict


def test_a_null_arm_that_does_not_tell_excuses_no_loss(compare: Compare, contract: Contract, arm_of: ArmOf) -> None:
    lost = with_null_arm(compare("open", "closed"), OPEN, contract.probes[0], "bfloat16", arm_of("?"))
    assert str(lost.verdict) == "LOST"
    excused = with_null_arm(compare("open", "closed"), OPEN, contract.probes[0], "bfloat16", arm_of("closed"))
    assert str(excused.verdict) == "UNSTABLE"


def test_the_reason_says_that_nothing_was_decided(compare: Compare) -> None:
    unmet = "UNMET, nothing shows that the baseline obeys: says open: undecided, the reply says '?'"
    assert compare("?", "open").reason == unmet
    assert compare("open", "?").reason == "UNSTABLE: says open: undecided, the reply says '?'"


def test_reports_show_it(contract: Contract, compare: Compare) -> None:
    result = compare("open", "?")
    shown = explain_case(result, replace(contract, parts=(OPEN,)), "shop.kv.yaml", "pytest")
    assert "neither a loss nor a pass" in shown and "harmless change" not in shown
    (check,) = case_record(result, replace(contract, parts=(OPEN,)), "")["checks"]
    assert check["compressed"]["undecided"] is True and "undecided" not in check["baseline"]


@pytest.mark.parametrize(
    ("replies", "verdict"),
    [
        ([("open", "?"), ("open", "?")], "UNSTABLE"),
        ([("open", "?"), ("open", "open")], "HELD"),
        ([("open", "?"), ("open", "closed")], "UNSTABLE"),
        ([("?", "closed"), ("open", "open")], "HELD"),
        ([("?", "open"), ("?", "closed")], "UNMET"),
    ],
)
def test_rates_over_seeds_leave_it_out(compare: Compare, replies: list[tuple[str, str]], verdict: str) -> None:
    results = [replace(compare(*pair), seed=seed) for seed, pair in enumerate(replies)]
    assert str(compare_seeds(results).verdict) == verdict


@pytest.mark.parametrize(("compressed", "passed"), [("?", False), ("open", True)])
def test_a_limited_drop_is_not_shown_to_hold_by_undecided_checks(
    contract: Contract, compare: Compare, case_of: CaseOf, compressed: str, passed: bool
) -> None:
    gated = replace(contract, gate=Gate(max_drop=0.1), orderings=Orderings(8))
    cases = [replace(case_of(), order_index=index) for index in range(9)]

    def judge() -> GateResult:
        outcome = compare("open", compressed)
        return judge_gates(gated, {cases[0].cell: cases}, lambda asked: [replace(outcome, case=c) for c in asked])[
            cases[0].cell
        ]

    result = judge()
    assert (not result.breaches) is passed, result
    assert result.drops[0].checks == (9 if passed else 0)
