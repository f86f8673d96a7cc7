"""Advice: the largest safe ratio of every policy, what is lost first, and what keep and fair buy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from kvguard_policies.spec import PolicySpec
from pytest_kvguard.backends.protocol import TurnRequest
from pytest_kvguard.backends.scripted import Scripted
from pytest_kvguard.contract.model import Contract, Gate, Orderings
from pytest_kvguard.evaluation.advise import find_safe_ratios, find_with_remedies
from pytest_kvguard.evaluation.measure_frontier import FrontierSettings, Trial, measure_trials
from pytest_kvguard.evaluation.ratio_search import default_grid
from pytest_kvguard.evaluation.run_case import Runner
from pytest_kvguard.reports.advice import GateCommand, advice_record, advice_text
from pytest_kvguard.runs.given import GivenOptions
from pytest_kvguard.values.frontier import LostInstruction, PolicyAdvice

GRID = default_grid()
SETTINGS = FrontierSettings("sdpa", "context", 0)
SNAPKV, KNORM = PolicySpec("snapkv"), PolicySpec("knorm")
GATE = GateCommand(("cases",), GivenOptions(), "sdpa")
GOOD, FORGETFUL, CHATTY = "9:30 it is", "who knows", "9:30 it is and much more than that"


def answers(limits: dict[str, str]) -> Callable[[TurnRequest], str]:
    """Return answers that forget unprotected hours under a policy beyond its limit."""

    def answer(request: TurnRequest) -> str:
        protected = request.policy.startswith("keep") and request.contract.instruction("hours").protect
        beyond = Fraction(request.ratio) > Fraction(limits.get(request.policy, "1"))
        return FORGETFUL if beyond and not protected else GOOD

    return answer


def runner(limits: dict[str, str]) -> Runner:
    return Runner(Scripted(answers(limits)))


def test_every_policy_gets_its_largest_safe_ratio(contract: Contract) -> None:
    advices = find_safe_ratios(runner({"snapkv": "0.4", "knorm": "0.05"}), [contract], [SNAPKV, KNORM], GRID, SETTINGS)
    assert [(a.policy, a.safe and a.safe.ratio, a.unsafe and a.unsafe.ratio) for a in advices] == [
        ("snapkv", "0.4", "0.45"),
        ("knorm", "0.05", "0.1"),
    ]


def test_what_is_lost_first_is_named_with_its_place(contract: Contract) -> None:
    [advice] = find_safe_ratios(runner({"snapkv": "0.4"}), [contract], [SNAPKV], GRID, SETTINGS)
    assert advice.binding == (LostInstruction("shop", "hours", "shop.kv.yaml:0", lost=2, leaked=0, checked=2),)


def test_a_policy_that_is_never_safe_has_no_ratio_and_one_that_always_is_has_no_end(contract: Contract) -> None:
    bad, good = find_safe_ratios(runner({"snapkv": "0"}), [contract], [SNAPKV, KNORM], GRID, SETTINGS)
    assert bad.safe is None and bad.unsafe is not None and bad.unsafe.ratio == "0.05"
    assert good.safe is not None and good.safe.ratio == "0.95" and good.unsafe is None
    assert good.binding == ()


def test_remedies_are_tried_for_what_fails_and_protect_what_was_lost_first(contract: Contract) -> None:
    limits = {"snapkv": "0.4", "fair(snapkv)": "0.6"}
    advices = find_with_remedies(runner(limits), [contract], [SNAPKV, KNORM], GRID, SETTINGS)
    assert [(a.policy, a.remedy_of, a.safe and a.safe.ratio) for a in advices] == [
        ("snapkv", "", "0.4"),
        ("fair(snapkv)", "snapkv", "0.6"),
        ("keep(snapkv)", "snapkv", "0.95"),
        ("knorm", "", "0.95"),
    ]
    assert advices[2].protected == ("shop::hours",)


def test_a_contract_in_which_nothing_was_lost_is_run_under_the_bare_policy_beside_keep(contract: Contract) -> None:
    other = replace(contract, name="other", probes=contract.probes[:1])
    seen: list[tuple[str, str]] = []

    def answer(request: TurnRequest) -> str:
        seen.append((request.contract.name, request.policy))
        return answers({"snapkv": "0.4"})(request) if request.contract.name == "shop" else GOOD

    advices = find_with_remedies(Runner(Scripted(answer)), [contract, other], [SNAPKV], GRID, SETTINGS)
    assert [advice.without_remedy for advice in advices] == [(), (), ("other",)]
    assert "    # but other with --kv-policy=snapkv: there is nothing to keep in them" in advice_text(advices, GATE)
    assert ("shop", "keep(snapkv)") in seen
    assert ("other", "keep(snapkv)") not in seen


def test_wrapped_policies_are_not_wrapped_again(contract: Contract) -> None:
    advices = find_with_remedies(
        runner({"fair(knorm)": "0.2"}), [contract], [PolicySpec("fair(knorm)")], GRID, SETTINGS
    )
    assert [advice.policy for advice in advices] == ["fair(knorm)"]


def test_a_quantizer_that_evicts_nothing_is_tried_once(contract: Contract) -> None:
    [advice] = find_safe_ratios(runner({}), [contract], [PolicySpec("kivi(bits=2)")], GRID, SETTINGS)
    assert [point.ratio for point in advice.points] == ["0"]
    assert advice.safe is not None


def test_the_contracts_gate_decides_what_is_safe(contract: Contract) -> None:
    tolerant = replace(contract, gate=Gate(max_lost=2))
    [advice] = find_safe_ratios(runner({"snapkv": "0.4"}), [tolerant], [SNAPKV], GRID, SETTINGS)
    assert advice.unsafe is None
    chatty = Scripted(lambda request: CHATTY if Fraction(request.ratio) > Fraction(1, 5) else GOOD)
    short = replace(contract, gate=Gate(max_length_ratio=1.5, max_lost=9))
    [advice] = find_safe_ratios(Runner(chatty), [short], [SNAPKV], GRID, SETTINGS)
    assert advice.safe is not None and advice.safe.ratio == "0.2"
    assert advice.unsafe is not None and "max_length_ratio" in advice.unsafe.breaches[0]


def test_what_breaks_is_not_safe_and_says_why(contract: Contract) -> None:
    def answer(request: TurnRequest) -> str:
        if request.policy != "none":
            raise RuntimeError("the engine stalled")
        return GOOD

    [advice] = find_safe_ratios(Runner(Scripted(answer)), [contract], [SNAPKV], GRID, SETTINGS)
    assert advice.safe is None and advice.unsafe is not None
    assert advice.unsafe.errors > 0 and "the engine stalled" in advice.unsafe.reason


def test_prompts_are_contracts_in_their_orders_and_bound_what_may_fail(contract: Contract) -> None:
    sampled = replace(contract, orderings=Orderings(sample=4))
    trial = Trial(SNAPKV, Fraction("0.5"), ((sampled, SNAPKV),))
    [safe] = measure_trials(runner({}), [trial], SETTINGS)
    assert (safe.prompts, safe.failing_prompts) == (5, 0)
    interval = advice_record(PolicyAdvice("snapkv", safe, None, (safe,)), GATE)["failure_interval"]
    assert 0.3 < interval[1] < 0.5
    [failing] = measure_trials(runner({"snapkv": "0"}), [trial], SETTINGS)
    assert failing.failing_prompts == 5


def test_what_nobody_obeys_counts_for_nothing(contract: Contract) -> None:
    silent = Runner(Scripted(lambda request: "Who knows? Nobody, really, I think."))
    only = replace(contract, parts=contract.parts[:2])
    [point] = measure_trials(silent, [Trial(SNAPKV, Fraction("0.5"), ((only, SNAPKV),))], SETTINGS)
    assert (point.checks, point.prompts, point.quality) == (0, 0, None)


def test_a_conversation_costs_once_however_many_instructions_it_checks(contract: Contract) -> None:
    [point] = measure_trials(runner({}), [Trial(SNAPKV, Fraction("0.25"), ((contract, SNAPKV),))], SETTINGS)
    assert point.costs.cache_share == 0.75
    assert point.costs.length_ratio == 1.0
    assert point.costs.time_ratio is None
