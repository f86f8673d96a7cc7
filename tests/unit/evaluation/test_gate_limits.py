"""Gates: what they count, and how they say what exceeded them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_kvguard.contract.model import Contract, Gate, Generate, Orderings
from pytest_kvguard.evaluation.gates import exceeded_limits, length_ratio, needs_gate_item, tolerates, unjudged_limits
from pytest_kvguard.values.results import Arm, CaseId, CaseResult, Verdict

Make = Callable[..., CaseResult]


@pytest.fixture
def result_of(case_of: Callable[..., CaseId], arm_of: Callable[..., Arm]) -> Make:
    def make(
        verdict: Verdict, instruction: str = "hours", probe: str = "opening", replies: tuple[str, str] | None = None
    ) -> CaseResult:
        arms = [arm_of(text) for text in replies] if replies else [None, None]
        return CaseResult(case_of(instruction, probe), verdict, (), *arms, "")

    return make


@pytest.mark.parametrize(
    ("gate", "needed"),
    [
        (Gate(), False),
        (Gate(max_lost=1), True),
        (Gate(max_new_leaks=1), True),
        (Gate(max_length_ratio=1.0), True),
        (Gate(max_lost=0, max_new_leaks=0), False),
        (Gate(max_drop=0.1), True),
    ],
)
def test_a_gate_is_judged_apart_only_if_single_checks_do_not_say_it_all(
    contract: Contract, gate: Gate, needed: bool
) -> None:
    assert needs_gate_item(replace(contract, gate=gate)) is needed


@pytest.mark.parametrize("sampled", [{"orderings": Orderings()}, {"generate": Generate(temperature=0.7)}])
def test_where_orders_or_replies_are_sampled_the_gate_has_statistics_to_do(
    contract: Contract, sampled: dict[str, Any]
) -> None:
    assert needs_gate_item(replace(contract, **sampled))


@pytest.mark.parametrize(
    ("gate", "tolerated"),
    [
        (Gate(), set()),
        (Gate(max_lost=1), {Verdict.LOST}),
        (Gate(max_new_leaks=1), {Verdict.LEAKED}),
        (Gate(max_lost=1, max_new_leaks=1), {Verdict.LOST, Verdict.LEAKED}),
        (Gate(max_drop=0.1), {Verdict.LOST}),
        (Gate(max_drop=0.1, max_lost=0), set()),
    ],
)
def test_only_losses_and_leaks_can_be_left_to_the_gate(gate: Gate, tolerated: set[Verdict]) -> None:
    assert {verdict for verdict in Verdict if tolerates(gate, verdict)} == tolerated


def test_as_many_losses_as_allowed_are_no_breach(result_of: Make) -> None:
    assert exceeded_limits(Gate(max_lost=2), [result_of(Verdict.LOST)] * 2) == ()


def test_every_limit_that_is_exceeded_is_named_with_what_exceeded_it(result_of: Make) -> None:
    results = [
        result_of(Verdict.LOST, "hours"),
        result_of(Verdict.LOST, "tone", "talk"),
        result_of(Verdict.LEAKED, "secret"),
        result_of(Verdict.ERROR, "hours", "talk"),
        result_of(Verdict.HELD),
        result_of(Verdict.UNMET),
    ]
    assert exceeded_limits(Gate(max_lost=1), results) == (
        "2 LOST, max_lost is 1: hours (opening), tone (talk)",
        "1 LEAKED, max_new_leaks is 0: secret (opening)",
    )
    assert unjudged_limits(Gate(max_lost=1), results) == ("1 ERROR, the number allowed is 0: hours (talk)",)


def test_what_is_lost_in_several_orders_is_named_once(result_of: Make) -> None:
    results = [result_of(Verdict.LOST, "hours")] * 3 + [result_of(Verdict.LOST, "tone")]
    assert exceeded_limits(Gate(), results) == ("4 LOST, max_lost is 0: hours (opening) ×3, tone (opening)",)


def test_a_conversation_counts_once_towards_the_length_however_many_instructions_it_checks(result_of: Make) -> None:
    long, short = ("a b", "a b c d"), ("a b c d", "a b")
    results = [
        result_of(Verdict.HELD, "hours", "opening", long),
        result_of(Verdict.HELD, "tone", "opening", long),
        result_of(Verdict.HELD, "hours", "talk", short),
    ]
    assert length_ratio(results) == 1.0


def test_a_length_that_was_not_measured_breaks_no_limit(result_of: Make) -> None:
    assert length_ratio([result_of(Verdict.ERROR)]) is None
    assert exceeded_limits(Gate(max_length_ratio=1.0), [result_of(Verdict.UNMET)]) == ()
    assert length_ratio([result_of(Verdict.HELD, replies=("", ""))]) is None


@pytest.mark.parametrize(("limit", "breached"), [(2.0, False), (1.99, True)])
def test_a_length_is_a_breach_only_above_its_limit(result_of: Make, limit: float, breached: bool) -> None:
    results = [result_of(Verdict.HELD, replies=("a b", "a b c d"))]
    assert bool(exceeded_limits(Gate(max_length_ratio=limit), results)) is breached
