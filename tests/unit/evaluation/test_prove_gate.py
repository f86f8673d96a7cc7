"""Gates that must prove that nothing drops by more than a limit, and what gates say that prove nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_kvguard.contract.model import Contract, Gate, Generate
from pytest_kvguard.evaluation.judge_gate import judge_gates
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.gates import GateVerdict
from pytest_kvguard.values.results import CaseId, CaseResult, Check, CheckPair, SeedResult, Verdict
from tests.unit.evaluation.simulated_gates import ARM, KNORM, ORDER, SNAPKV, Simulated, loses, pair_of

HELD, WORSE, UNDECIDED = GateVerdict.HELD, GateVerdict.WORSE, GateVerdict.UNDECIDED
PROVE = Gate(prove=0.1)


@pytest.mark.parametrize(("orders", "verdict"), [(9, UNDECIDED), (30, UNDECIDED), (31, HELD), (60, HELD)])
def test_a_drop_is_excluded_only_by_enough_prompts(contract: Contract, orders: int, verdict: GateVerdict) -> None:
    result = Simulated(contract, loses(), PROVE, orders).judge()
    assert result.verdict is verdict
    assert bool(result.breaches) is (verdict is UNDECIDED)


def test_what_is_not_proven_fails_and_says_how_many_prompts_would_do(contract: Contract) -> None:
    result = Simulated(contract, loses(), PROVE, 9).judge()
    assert result.breaches[0] == (
        "hours: undecided, a drop of more than 28 points is excluded by 9 prompts, and prove is 0.1; needs about 22 "
        "more prompts, if they lose and gain as much as these"
    )
    assert (result.undecided, result.unproven) == ((), ())
    assert Simulated(contract, loses(), PROVE, 9 + 22).judge().verdict is HELD


def test_the_same_prompts_pass_without_prove_and_are_called_undecided(contract: Contract) -> None:
    result = Simulated(contract, loses(), Gate(max_drop=0.1), 9).judge()
    assert (result.breaches, result.undecided, result.verdict) == ((), (), UNDECIDED)
    assert [line.partition(",")[0] for line in result.unproven] == ["hours: undecided", "tone: undecided"]
    assert "and max_drop is 0.1; needs about 22 more" in result.unproven[0]


def test_a_drop_beyond_the_limit_is_worse_and_ends_the_run(contract: Contract) -> None:
    result = Simulated(contract, loses("tone"), PROVE, 65).judge()
    assert (result.verdict, result.orders_run) == (WORSE, 17)
    assert "and prove is 0.1: p = " in result.breaches[0]
    assert [drop.verdict for drop in result.drops] == [UNDECIDED, WORSE]


def test_a_drop_that_lies_at_the_limit_is_never_proven(contract: Contract) -> None:
    result = Simulated(contract, loses("tone", every=10), PROVE, 100).judge()
    assert result.verdict is UNDECIDED
    assert "more prompts like these would not exclude it: the drop seen is 10.0 points" in result.breaches[0]


def test_with_prove_and_max_drop_both_must_hold(contract: Contract) -> None:
    falls = loses("tone", every=20)
    strict, lax = (Simulated(contract, falls, Gate(max_drop=d, prove=0.2), 200).judge() for d in (0.0, 0.1))
    assert (strict.verdict, lax.verdict) == (WORSE, HELD)
    assert "max_drop is 0" in strict.breaches[0]
    unproven = Simulated(contract, loses("tone", every=4), Gate(max_drop=0.9, prove=0.1), 60).judge()
    assert (unproven.verdict, bool(unproven.breaches)) == (UNDECIDED, True)


def test_every_cell_is_proven_by_itself(contract: Contract) -> None:
    simulated = Simulated(contract, lambda case: (True, case.cell == SNAPKV), PROVE, 60)
    cells = {cell: simulated.cases(cell) for cell in (SNAPKV, KNORM)}
    judged = judge_gates(simulated.contract, cells, simulated.run)
    assert [result.verdict for result in judged.values()] == [HELD, WORSE]


def test_enough_prompts_end_a_proof_early(contract: Contract) -> None:
    result = Simulated(contract, loses(), PROVE, 121).judge()
    assert (result.verdict, result.orders_run) == (HELD, 61)


def test_what_the_uncompressed_model_never_obeys_is_not_proven_by_not_falling(contract: Contract) -> None:
    result = Simulated(contract, lambda case: (False, False), PROVE, 60).judge()
    assert result.verdict is UNDECIDED
    assert result.breaches[0] == (
        "hours: undecided, 0 of 120 checks hold uncompressed: losing all of them would not exceed the limit "
        "(prove is 0.1)"
    )
    assert [drop.more_prompts for drop in result.drops] == [None, None]


def test_nothing_that_holds_uncompressed_leaves_a_counting_gate_undecided(contract: Contract) -> None:
    result = Simulated(contract, lambda case: (False, False), Gate(), 9).judge()
    assert (result.breaches, result.verdict) == ((), UNDECIDED)
    assert "the uncompressed model obeys nothing" in result.unproven[0]


class Silent(Simulated):
    """A contract whose compressed replies do not tell, in most orders, whether the check holds."""

    def run(self, cases):  # type: ignore[no-untyped-def]
        told, untold = (
            pair_of((True, True)),
            CheckPair(Check("language", True, "", ""), Check("language", False, "", "", undecided=True)),
        )
        pairs = [told if case.order_index < 31 else untold for case in cases]
        return [CaseResult(case, pair.verdict, (pair,), ARM, ARM, "") for case, pair in zip(cases, pairs, strict=True)]


def test_compressed_replies_that_do_not_tell_count_against_a_proof(contract: Contract) -> None:
    assert Silent(contract, loses(), PROVE, 31).judge().verdict is HELD
    result = Silent(contract, loses(), PROVE, 60).judge()
    assert (result.verdict, bool(result.breaches)) == (UNDECIDED, True)


def test_errors_leave_a_gate_undecided_and_failing(contract: Contract) -> None:
    simulated = Simulated(contract, loses(), PROVE, 60)
    broken = [CaseResult(case, Verdict.ERROR, (), None, None, "broke") for case in simulated.cases(SNAPKV)]
    result = judge_gates(simulated.contract, {SNAPKV: simulated.cases(SNAPKV)}, lambda cases: broken[: len(cases)])
    assert result[SNAPKV].verdict is UNDECIDED
    assert "hours: undecided, nothing was checked on both arms" in result[SNAPKV].breaches


@pytest.mark.parametrize(("seeds", "verdict"), [(28, UNDECIDED), (29, HELD)])
def test_seeds_of_one_order_are_the_prompts_of_a_proof(contract: Contract, seeds: int, verdict: GateVerdict) -> None:
    sampled = replace(contract, generate=Generate(temperature=1.0, seeds=seeds), gate=PROVE)
    case = CaseId("shop", "opening", "hours", SNAPKV, ORDER)
    replies = tuple(SeedResult(seed, (pair_of((True, True)),), 4, 4) for seed in range(seeds))
    result = CaseResult(case, Verdict.HELD, replies[0].checks, ARM, ARM, "", seed=0, by_seed=replies)
    assert judge_gates(sampled, {SNAPKV: [case]}, lambda cases: [result])[SNAPKV].verdict is verdict


def test_seeds_of_several_orders_are_folded_into_their_order(contract: Contract) -> None:
    sampled = replace(contract, generate=Generate(temperature=1.0, seeds=8), gate=PROVE)
    cases = [CaseId("shop", "opening", "hours", SNAPKV, ORDER, index) for index in range(9)]
    replies = tuple(SeedResult(seed, (pair_of((True, True)),), 4, 4) for seed in range(8))
    results = [CaseResult(c, Verdict.HELD, replies[0].checks, ARM, ARM, "", seed=0, by_seed=replies) for c in cases]
    result = judge_gates(sampled, {SNAPKV: cases}, lambda asked: results[: len(asked)])[SNAPKV]
    assert [(drop.prompts, drop.checks) for drop in result.drops] == [(9, 72)]
    assert result.verdict is UNDECIDED


def test_every_gate_says_the_smallest_drop_that_it_could_have_shown(contract: Contract) -> None:
    few, many, cells = (
        Simulated(contract, loses(), Gate(max_drop=0.0), orders).judge(*cells).smallest_drop
        for orders, cells in ((4, [SNAPKV]), (60, [SNAPKV]), (60, [SNAPKV, KNORM, Cell.of("h2o", "0.5")]))
    )
    assert few is None
    assert many is not None and cells is not None
    assert 0.1 < many < cells < 0.3


def test_unstable_replies_without_a_limit_leave_the_gate_undecided_and_passing(contract: Contract) -> None:
    result = Simulated(contract, loses("tone", every=4), Gate(), 9, unstable=True).judge()
    assert (result.breaches, result.undecided, result.verdict) == ((), (), UNDECIDED)
    assert [line.partition(":")[0] for line in result.unproven] == ["tone"]


def test_counts_within_their_limits_hold(contract: Contract) -> None:
    assert Simulated(contract, loses(), Gate(), 9).judge().verdict is HELD
    assert Simulated(contract, loses("tone"), Gate(max_lost=1), 9).judge().verdict is WORSE
