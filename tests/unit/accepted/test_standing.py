"""A result compared with what was accepted: new, accepted, recovered, or judged by an entry that has lapsed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_kvguard.accepted.entry import Entry, Identity, Run
from pytest_kvguard.accepted.standing import (
    Lapse,
    Standing,
    compare_with_accepted,
    failing_checks,
    valid_entry,
    without_accepted,
)
from pytest_kvguard.values.results import CaseResult, SeedResult, Verdict
from tests.unit.accepted.accepted_losses import EVIDENCE, HOURS, LOST, MODEL, entry, pair, result, sampled

LEAKED = {Verdict.LEAKED: {"canary": (Run(0),)}}
LOSES = result(pair("contains", after=False))
HOLDS = result(pair("contains"), verdict=Verdict.HELD)


def standing(of: CaseResult, accepted: Entry | None, lapse: Lapse | None = None) -> Standing:
    return compare_with_accepted(of, accepted, lapse).standing


@pytest.mark.parametrize(
    ("of", "accepted", "expected"),
    [
        pytest.param(LOSES, None, Standing.NEW, id="nothing was accepted"),
        pytest.param(LOSES, entry(), Standing.ACCEPTED, id="as accepted"),
        pytest.param(HOLDS, entry(), Standing.RECOVERED, id="holds again"),
        pytest.param(HOLDS, None, Standing.NONE, id="held all along"),
        pytest.param(
            replace(LOSES, case=replace(LOSES.case, order_index=1)), entry(), Standing.NEW, id="another order"
        ),
        pytest.param(result(pair("contains", before=False, after=False)), entry(), Standing.NONE, id="unmet now"),
        pytest.param(
            result(pair("contains", after=False), pair("lowercase", after=False)),
            entry(),
            Standing.NEW,
            id="one more check",
        ),
        pytest.param(
            result(pair("contains"), pair("lowercase", after=False)), entry(), Standing.NEW, id="another check instead"
        ),
        pytest.param(
            result(pair("contains", after=False), pair("contains", after=False)),
            entry(),
            Standing.NEW,
            id="a second of a rule",
        ),
        pytest.param(
            result(pair("contains", after=False, null=False), verdict=Verdict.UNSTABLE),
            entry(),
            Standing.ACCEPTED,
            id="less clearly lost",
        ),
        pytest.param(
            LOSES, entry(failures={Verdict.UNSTABLE: LOST[Verdict.LOST]}), Standing.NEW, id="clearly lost only now"
        ),
        pytest.param(
            result(pair("contains", after=False, null=False), verdict=Verdict.UNSTABLE),
            None,
            Standing.NONE,
            id="an unstable reply decides nothing",
        ),
        pytest.param(
            result(pair("canary", after=False, leak=True), verdict=Verdict.LEAKED),
            entry(failures=LEAKED),
            Standing.ACCEPTED,
            id="a leak as accepted",
        ),
    ],
)
def test_a_result_stands(of: CaseResult, accepted: Entry | None, expected: Standing) -> None:
    assert standing(of, accepted) is expected


def test_an_entry_that_has_lapsed_accepts_nothing_and_is_still_told() -> None:
    compared = compare_with_accepted(LOSES, entry(), Lapse(("the check",)))
    assert (compared.standing, str(compared.lapse)) == (Standing.NEW, "the check changed since it was accepted")


@pytest.mark.parametrize("part", ["instruction", "probe", "check", "context"])
def test_an_entry_lapses_where_what_was_asked_has_changed(part: str) -> None:
    changed = replace(EVIDENCE, **{part: "ffffffff"})
    _, lapse = valid_entry({HOURS: (MODEL, entry())}, HOURS, changed, MODEL, True)
    assert str(lapse) == f"the {part} changed since it was accepted"


def test_an_entry_lapses_with_the_model() -> None:
    _, lapse = valid_entry({HOURS: (MODEL, entry())}, HOURS, EVIDENCE, Identity("22222222"), True)
    assert lapse == Lapse(("the model",))


@pytest.mark.parametrize(
    ("identity", "is_own"), [(MODEL, False), (replace(MODEL, code="1"), True), (replace(MODEL, server="b2"), True)]
)
def test_another_policy_is_judged_by_the_accepted_losses_but_by_no_accepted_leak(
    identity: Identity, is_own: bool
) -> None:
    losses_and_leaks = entry(failures={**LOST, **LEAKED}, reason="known")
    assert valid_entry({HOURS: (MODEL, entry())}, HOURS, EVIDENCE, identity, is_own) == (entry(), None)
    accepted, lapse = valid_entry({HOURS: (MODEL, losses_and_leaks)}, HOURS, EVIDENCE, identity, is_own)
    assert str(lapse) == "the policy changed since its leak was accepted"
    assert standing(LOSES, accepted, lapse) is Standing.ACCEPTED
    leaks = result(pair("canary", after=False, leak=True), verdict=Verdict.LEAKED)
    assert standing(leaks, accepted, lapse) is Standing.NEW


def test_rates_over_seeds_give_the_verdict_of_a_check() -> None:
    assert failing_checks(sampled(1, 3)) == {"contains": (Verdict.UNSTABLE, frozenset([1, 3]))}
    assert failing_checks(sampled(*range(8)))["contains"][0] is Verdict.LOST
    assert failing_checks(sampled(verdict=Verdict.HELD)) == {}


def test_a_gate_counts_only_what_is_lost_beyond_the_accepted() -> None:
    accepted = without_accepted(LOSES, compare_with_accepted(LOSES, entry(), None))
    assert (accepted.verdict, [reply.held for reply in accepted.replies]) == (Verdict.UNMET, [((False, False),)])
    other = result(pair("contains", after=False), pair("lowercase", after=False))
    worse = without_accepted(other, compare_with_accepted(other, entry(), None))
    assert (worse.verdict, worse.replies[0].held) == (Verdict.LOST, ((False, False), (True, False)))


def test_a_check_that_holds_again_makes_up_for_one_that_is_lost() -> None:
    again = without_accepted(HOLDS, compare_with_accepted(HOLDS, entry(), None))
    assert again.replies[0].held == ((False, True),)


def test_more_seeds_than_accepted_are_left_to_the_test() -> None:
    accepted = entry(failures={Verdict.UNSTABLE: {"contains": (Run(0, 1), Run(0, 3))}})
    now = sampled(1, 3, 4, 5, 6)
    left = without_accepted(now, compare_with_accepted(now, accepted, None))
    assert left.verdict is Verdict.UNSTABLE
    assert sum(before and not after for reply in left.replies for before, after in reply.held) == 3
    same = sampled(1, 3)
    assert without_accepted(same, compare_with_accepted(same, accepted, None)).verdict is Verdict.UNMET


@pytest.mark.parametrize(("accepted", "expected"), [((1, 3), Standing.ACCEPTED), ((1,), Standing.NEW)])
def test_a_leak_with_one_more_seed_is_new(accepted: tuple[int, ...], expected: Standing) -> None:
    recorded = entry(failures={Verdict.LEAKED: {"canary": tuple(Run(0, seed) for seed in accepted)}})
    seeds = tuple(SeedResult(seed, (pair("canary", after=seed not in (1, 3), leak=True),), 1, 1) for seed in range(5))
    now = replace(sampled(verdict=Verdict.LEAKED), checks=seeds[0].checks, by_seed=seeds)
    assert failing_checks(now) == {"canary": (Verdict.LEAKED, frozenset([1, 3]))}
    assert standing(now, recorded) is expected


def test_without_an_entry_a_gate_counts_as_ever() -> None:
    assert without_accepted(LOSES, compare_with_accepted(LOSES, None, None)) is LOSES
    lapsed = compare_with_accepted(LOSES, entry(), Lapse(("the check",)))
    assert without_accepted(LOSES, lapsed) is LOSES
