"""A gate over orders, probes and seeds: its tests, their adjustment, and early decisions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from pytest_kvguard.contract.model import Contract, Gate, Generate
from pytest_kvguard.evaluation.judge_gate import judge_gates
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.results import (
    CaseId,
    CaseResult,
    Check,
    CheckPair,
    SeedResult,
    Verdict,
)
from tests.unit.evaluation.simulated_gates import ARM, KNORM, ORDER, SNAPKV, Holds, Simulated, loses, pair_of


def test_an_instruction_that_falls_in_every_order_fails_the_gate_and_only_that_one(contract: Contract) -> None:
    result = Simulated(contract, loses("tone"), Gate(max_drop=0.1), 9).judge()
    assert [drop.failed for drop in result.drops] == [False, True]
    assert result.breaches == (
        "tone: 18 of 18 checks hold uncompressed, 0 compressed, in 9 prompts; a drop of 100 points (95 % interval "
        "58 to 100), and max_drop is 0.1: p = 0.002, adjusted for 2 tests",
    )


def test_prompts_are_orders_however_many_probes_read_them(contract: Contract) -> None:
    drop = Simulated(contract, loses("tone"), Gate(max_drop=0.0), 9).judge().drops[1]
    assert (drop.prompts, drop.checks, drop.held_uncompressed, drop.held_compressed, drop.drop) == (9, 18, 18, 0, 1.0)
    assert drop.p_value == pytest.approx(2**-9)


def test_a_drop_within_the_margin_passes(contract: Contract) -> None:
    result = Simulated(contract, loses("tone", every=9), Gate(max_drop=0.2), 9).judge()
    assert result.breaches == ()
    assert result.drops[1].drop == pytest.approx(1 / 9)


def test_p_values_are_adjusted_over_instructions_and_cells(contract: Contract) -> None:
    simulated = Simulated(contract, loses("tone"), Gate(max_drop=0.0), 9)
    alone, beside = simulated.judge(), simulated.judge(SNAPKV, KNORM)
    assert (alone.family, beside.family) == (2, 4)
    assert beside.drops[1].p_value == pytest.approx(2 * 2**-9)
    assert beside.drops[1].p_value > (alone.drops[1].p_value or 1.0)


def test_without_a_margin_only_what_is_unstable_is_decided_by_the_test(contract: Contract) -> None:
    plain = Simulated(contract, loses("tone"), Gate(), 9).judge()
    unstable = Simulated(contract, loses("tone"), Gate(), 9, unstable=True).judge()
    assert not any(drop.failed for drop in plain.drops)
    assert [line.split(":")[0] for line in plain.breaches] == ["18 LOST, max_lost is 0"]
    assert [drop.failed for drop in unstable.drops] == [False, True]
    assert unstable.drops[1].unstable == 18
    assert "and no drop is allowed: p = 0.002" in unstable.breaches[0]


def test_a_few_unstable_replies_pass(contract: Contract) -> None:
    result = Simulated(contract, loses("tone", every=4), Gate(), 9, unstable=True).judge()
    assert (result.breaches, result.undecided) == ((), ())
    assert result.drops[1].unstable == 6


@pytest.mark.parametrize("margin", [None, 0.1])
def test_too_few_prompts_leave_a_drop_undecided_and_a_stated_margin_fails_then(
    contract: Contract, margin: float | None
) -> None:
    result = Simulated(contract, loses("tone"), Gate(max_drop=margin), 3, unstable=True).judge()
    line = "can be shown at confidence 0.95 over 2 tests from 6 prompts on: raise orderings.sample"
    assert line in (result.breaches if margin else result.undecided)[0]
    assert bool(result.breaches) is (margin is not None)
    assert not result.drops[1].decidable


def test_too_few_prompts_are_enough_where_nothing_is_lost(contract: Contract) -> None:
    result = Simulated(contract, loses(), Gate(max_drop=0.1), 3).judge()
    assert (result.breaches, result.undecided) == ((), ())


def test_a_gate_that_is_lost_early_runs_no_further(contract: Contract) -> None:
    simulated = Simulated(contract, loses("tone"), Gate(max_drop=0.1), 65)
    result = simulated.judge()
    assert (result.orders_run, result.orders_planned) == (17, 65)
    assert simulated.asked == [17 * 4]
    assert result.significance_level == pytest.approx(0.005)


def test_a_gate_that_is_clearly_held_runs_no_further(contract: Contract) -> None:
    simulated = Simulated(contract, loses(), Gate(max_drop=0.1), 121)
    assert (simulated.judge().orders_run, simulated.asked) == (61, [31 * 4, 61 * 4])


def test_a_cell_that_is_decided_asks_for_no_more_while_the_others_go_on(contract: Contract) -> None:
    def holds(case: CaseId) -> tuple[bool, bool]:
        return True, case.cell == SNAPKV and case.order_index % 9 > 0

    simulated = Simulated(contract, holds, Gate(max_drop=0.1), 65)
    result = simulated.judge(SNAPKV, KNORM)
    assert result.orders_run > 17
    assert simulated.asked[0] == 17 * 4 * 2
    assert simulated.asked[1] == 33 * 4


def test_without_a_margin_every_order_is_run(contract: Contract) -> None:
    assert Simulated(contract, loses("tone"), Gate(), 65).judge().orders_run == 65


def test_seeds_of_a_single_order_are_prompts_of_their_own(contract: Contract) -> None:
    sampled = replace(contract, generate=Generate(temperature=1.0, seeds=8), gate=Gate(max_drop=0.0))
    case = CaseId("shop", "opening", "hours", SNAPKV, ORDER)
    seeds = tuple(SeedResult(seed, (pair_of((True, False)),), 4, 4) for seed in range(8))
    result = CaseResult(case, Verdict.LOST, seeds[0].checks, ARM, ARM, "", seed=0, by_seed=seeds)
    drop = judge_gates(sampled, {SNAPKV: [case]}, lambda cases: [result])[SNAPKV].drops[0]
    assert (drop.prompts, drop.p_value, drop.failed) == (8, 2**-8, True)


def test_a_contract_without_orders_and_seeds_is_only_counted(contract: Contract) -> None:
    case = CaseId("shop", "opening", "hours", SNAPKV, ORDER)
    pair = pair_of((True, False))
    loss = CaseResult(case, Verdict.LOST, (pair,), ARM, ARM, "")
    result = judge_gates(replace(contract, gate=Gate(max_lost=1)), {SNAPKV: [case]}, lambda cases: [loss])[SNAPKV]
    assert (result.drops, result.breaches, result.length_ratio) == ((), (), 1.0)


def test_what_could_not_run_is_no_observation_but_a_breach(contract: Contract) -> None:
    simulated = Simulated(contract, loses(), Gate(max_drop=0.1), 9)
    broken = [CaseResult(case, Verdict.ERROR, (), None, None, "broke") for case in simulated.cases(SNAPKV)]
    result = judge_gates(simulated.contract, {SNAPKV: simulated.cases(SNAPKV)}, lambda cases: broken)[SNAPKV]
    assert [(drop.checks, drop.drop, drop.p_value, drop.interval) for drop in result.drops] == [
        (0, None, None, None)
    ] * 2
    assert result.breaches[0].startswith("36 ERROR, the number allowed is 0")
    assert result.length_ratio is None


def leak_pair(compressed: bool = True, null: bool | None = None) -> CheckPair:
    before, after = (Check("no_leak", held, "", "", leak=True) for held in (True, compressed))
    return CheckPair(before, after, None if null is None else replace(before, holds=null))


class WithLeaks(Simulated):
    """Adds a leak check to every case of ``tone``, and attacks that have a leak check only."""

    def __init__(self, contract: Contract, holds: Holds, gate: Gate, orders: int, leaks: Callable[[int], CheckPair]):
        super().__init__(contract, holds, gate, orders)
        self.leaks = leaks

    def cases(self, cell: Cell) -> list[CaseId]:
        attacks = [CaseId("shop", f"attack{n}", "tone", cell, ORDER, i) for n in range(9) for i in range(self.orders)]
        return super().cases(cell) + attacks

    def run(self, cases: Sequence[CaseId]) -> list[CaseResult]:
        return [self.result(case) for case in cases]

    def result(self, case: CaseId) -> CaseResult:
        own = () if case.probe.startswith("attack") else (pair_of(self.holds(case)),)
        leak = (self.leaks(case.order_index),) if case.instruction == "tone" else ()
        pairs = (*own, *leak)
        gravest = (Verdict.LEAKED, Verdict.LOST, Verdict.UNSTABLE, Verdict.HELD)
        verdict = next(verdict for verdict in gravest if verdict in {pair.verdict for pair in pairs})
        return CaseResult(case, verdict, pairs, ARM, ARM, "")


def test_leak_checks_that_hold_do_not_hide_what_is_lost(contract: Contract) -> None:
    result = WithLeaks(contract, loses("tone"), Gate(max_drop=0.1), 9, lambda order: leak_pair()).judge()
    drops = [(drop.instruction, drop.checks, drop.drop, drop.failed) for drop in result.drops]
    assert drops == [("hours", 18, 0.0, False), ("tone", 18, 1.0, True), ("tone leak", 99, 0.0, False)]
    assert result.family == 3


@pytest.mark.parametrize("margin", [None, 0.1])
def test_unstable_leaks_are_tested_by_themselves(contract: Contract, margin: float | None) -> None:
    unstable = WithLeaks(contract, loses(), Gate(max_drop=margin), 9, lambda order: leak_pair(False, null=False))
    result = unstable.judge()
    assert [(drop.instruction, drop.unstable, drop.failed) for drop in result.drops] == [
        ("hours", 0, False),
        ("tone", 0, False),
        ("tone leak", 99, True),
    ]
    assert [line.partition(":")[0] for line in result.breaches] == ["tone leak"]


@pytest.mark.parametrize("orders", [3, 9])
def test_leaks_that_are_none_of_noise_are_left_to_their_count(contract: Contract, orders: int) -> None:
    gate = Gate(max_drop=0.1, max_new_leaks=99)
    result = WithLeaks(contract, loses(), gate, orders, lambda order: leak_pair(False)).judge()
    assert (result.breaches, result.undecided) == ((), ())


def test_a_gate_that_watches_for_leaks_passes_when_all_orders_are_run(contract: Contract) -> None:
    result = WithLeaks(contract, loses(), Gate(max_drop=0.1), 81, lambda order: leak_pair(order < 80)).judge()
    assert result.orders_run == 81
    assert [line.partition(":")[0] for line in result.breaches] == ["11 LEAKED, max_new_leaks is 0"]


@pytest.mark.parametrize("limit", [{"max_lost": 0}, {"max_length_ratio": 1.5}])
def test_a_gate_that_counts_passes_when_all_orders_are_run(contract: Contract, limit: dict[str, float]) -> None:
    assert Simulated(contract, loses(), Gate(max_drop=0.1, **limit), 81).judge().orders_run == 81  # type: ignore[arg-type]
    assert Simulated(contract, loses("tone"), Gate(max_drop=0.1, **limit), 81).judge().orders_run == 21  # type: ignore[arg-type]
