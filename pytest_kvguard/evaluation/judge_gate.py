"""The decision of a contract's gate: limits, and one paired test per instruction over all orders, probes and seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_kvguard.contract.model import Contract, Gate
from pytest_kvguard.evaluation.gates import (
    cell_distances,
    control_lengths,
    conversation_lengths,
    count_breaches,
    length_ratio,
    undecided_distance,
)
from pytest_kvguard.serving_cost.output_length import summarize_lengths
from pytest_kvguard.stats.intervals import drop_interval
from pytest_kvguard.stats.paired_tests import drop_test, holm, prompts_needed
from pytest_kvguard.stats.pairs import Pairs
from pytest_kvguard.stats.sequential import Look, plan_looks
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.gates import DropTest, GateResult
from pytest_kvguard.values.lengths import LengthPair, LengthSummary
from pytest_kvguard.values.results import CaseId, CaseResult, CheckPair, Verdict

__all__ = ["judge_gates", "plan_of"]

Cases = Mapping[Cell, Sequence[CaseId]]

LEAKS = " leak"
"""The suffix of an instruction's id in the test of its leak checks; ids contain no blank."""


@dataclass(frozen=True)
class Evidence:
    """The paired checks of one instruction in one cell, prompt by prompt.

    Attributes:
        name: the instruction's id, followed by ``LEAKS`` for its leak checks, which are tested apart.
        prompts: one table of pairs per prompt.
        unstable: number of results that are UNSTABLE because of these checks.
    """

    name: str
    prompts: tuple[Pairs, ...]
    unstable: int

    @property
    def is_blind(self) -> bool:
        """Whether checks that hold uncompressed are all undecided compressed, so that no drop can be seen."""
        return bool(self.prompts) and not any(pairs.checks for pairs in self.prompts)


def plan_of(gate: Gate, orders: int) -> tuple[Look, ...]:
    """Return the looks at which a gate may be decided; without ``max_drop`` every check counts, so only the last."""
    if gate.max_drop is None:
        return (Look(orders, gate.significance_level, last=True),)
    return plan_looks(orders, gate.significance_level)


def judge_gates(
    contract: Contract,
    cases: Cases,
    run: Callable[[Sequence[CaseId]], Sequence[CaseResult]],
    may_stop_early: bool = True,
) -> dict[Cell, GateResult]:
    """Return the gate's decision on every cell; p-values are adjusted over instructions x cells.

    Args:
        contract: the contract with the gate.
        cases: by cell, every case that the gate counts.
        run: returns the results of cases, after running those that are missing; called once per look with the cases of
            the cells that are still undecided.
        may_stop_early: whether a gate with ``max_drop`` may be decided before all orders have run.
    """
    orders = 1 + max(case.order_index for members in cases.values() for case in members)
    decided: dict[Cell, GateResult] = {}
    for look in plan_of(contract.gate, orders)[0 if may_stop_early else -1 :]:
        undecided = {
            cell: [case for case in members if case.order_index < look.prompts]
            for cell, members in cases.items()
            if cell not in decided
        }
        if not undecided:
            break
        in_order = iter(run([case for members in undecided.values() for case in members]))
        results = {cell: [next(in_order) for _ in members] for cell, members in undecided.items()}
        decided.update(_decide(contract, results, decided, look, orders))
    return {cell: decided[cell] for cell in cases}


def _decide(
    contract: Contract,
    results: Mapping[Cell, Sequence[CaseResult]],
    before: Mapping[Cell, GateResult],
    look: Look,
    orders: int,
) -> Iterator[tuple[Cell, GateResult]]:
    """Yield the cells that are decided at this look, with the decision."""
    gate = contract.gate
    evidence = {cell: _gather(members, orders) if contract.is_sampled else [] for cell, members in results.items()}
    adjusted, family = _adjusted(gate, evidence, before, look)
    for cell, members in results.items():
        drops = [_test(gate, *each, family, look) for each in zip(evidence[cell], adjusted[cell], strict=True)]
        shown = any(drop.failed for drop in drops)
        cleared = bool(drops) and not _is_counted(gate, drops) and all(_cleared(gate, drop) for drop in drops)
        if look.last or shown or cleared:
            blind = [_blind(each.name) for each in evidence[cell] if each.is_blind]
            yield cell, _gate_result(gate, cell, members, drops, blind, family, look, orders)


def _gather(results: Sequence[CaseResult], orders: int) -> list[Evidence]:
    """Return the evidence on every instruction, with its leak checks apart."""
    by_name: dict[str, dict[object, list[tuple[bool, bool]]]] = {}
    unstable: Counter[str] = Counter()
    for result in results:
        name = result.case.instruction
        for reply in result.replies:
            # All conversations of an order share one compressed context, so they are one unit of the statistics. With a
            # single order the question is about this very prompt, and its sampled replies are independent.
            alone = orders == 1 and reply.seed is not None
            prompt = (result.case.probe, reply.seed) if alone else result.case.order_index
            # Leak checks would dilute the others: nearly all of them hold, and attacks bring many.
            for pair, held in zip(reply.checks, reply.held, strict=False):
                if not pair.baseline.undecided:
                    of_prompt = by_name.setdefault(_name(name, pair), {}).setdefault(prompt, [])
                    of_prompt.extend([held] * pair.is_decided)
        if result.verdict is Verdict.UNSTABLE:
            unstable.update({_name(name, pair) for reply in result.replies for pair in reply.checks if _is_lost(pair)})
    # An instruction of which nothing could run is listed, too, without checks.
    for name in dict.fromkeys(result.case.instruction for result in results):
        if name not in by_name and name + LEAKS not in by_name:
            by_name[name] = {}
    return [
        Evidence(name, tuple(Pairs.count(held) for held in prompts.values()), unstable[name])
        for name, prompts in by_name.items()
    ]


def _name(instruction: str, pair: CheckPair) -> str:
    return instruction + LEAKS * pair.baseline.leak


def _is_lost(pair: CheckPair) -> bool:
    return pair.is_decided and pair.baseline.holds and pair.compressed is not None and not pair.compressed.holds


def _adjusted(
    gate: Gate, evidence: Mapping[Cell, Sequence[Evidence]], before: Mapping[Cell, GateResult], look: Look
) -> tuple[dict[Cell, list[float | None]], int]:
    """Return p-values adjusted over the whole family, and its size; tests of cells decided before belong to it."""
    places = [(cell, index) for cell, members in evidence.items() for index in range(len(members))]
    p_values = {place: drop_test(evidence[place[0]][place[1]].prompts, gate.max_drop or 0.0) for place in places}
    raw = [p for p in p_values.values() if p is not None]
    earlier = [0.0 if drop.failed else 1.0 for result in before.values() for drop in result.drops]
    family = len(raw) + len(earlier)
    in_order = iter(holm([*raw, *earlier]) if look.last else [min(1.0, p * family) for p in raw])
    by_place = {place: None if p is None else next(in_order) for place, p in p_values.items()}
    adjusted = {cell: [by_place[cell, index] for index in range(len(members))] for cell, members in evidence.items()}
    return adjusted, family


def _test(gate: Gate, evidence: Evidence, p_value: float | None, family: int, look: Look) -> DropTest:
    total = Pairs.total(evidence.prompts)
    return DropTest(
        instruction=evidence.name,
        prompts=sum(pairs.checks > 0 for pairs in evidence.prompts),
        checks=total.checks,
        held_uncompressed=total.uncompressed,
        held_compressed=total.compressed,
        drop=total.drop,
        interval=drop_interval(evidence.prompts, 1 - gate.significance_level),
        p_value=p_value,
        needed_prompts=prompts_needed(look.significance_level / max(1, family)),
        failed=_decides(gate, evidence.name, evidence.unstable)
        and p_value is not None
        and p_value <= look.significance_level,
        unstable=evidence.unstable,
    )


def _decides(gate: Gate, name: str, unstable: int) -> bool:
    """Return whether a test can fail the gate; clear leaks are left to ``max_new_leaks``."""
    return unstable > 0 or (gate.max_drop is not None and not name.endswith(LEAKS))


def _is_counted(gate: Gate, drops: Sequence[DropTest]) -> bool:
    """Return whether a limit counts over all orders, so that orders yet to run may exceed it."""
    watched = any(drop.instruction.endswith(LEAKS) for drop in drops)
    return watched or gate.max_lost is not None or gate.limits_length or gate.max_distance is not None


def _cleared(gate: Gate, drop: DropTest) -> bool:
    """Return whether the drop is significantly under the limit, so that no more orders are needed."""
    return gate.max_drop is not None and drop.interval is not None and drop.interval[1] <= gate.max_drop


def _gate_result(
    gate: Gate,
    cell: Cell,
    results: Sequence[CaseResult],
    drops: Sequence[DropTest],
    blind: Sequence[str],
    family: int,
    look: Look,
    orders: int,
) -> GateResult:
    shown = (_shown(gate, drop, family) for drop in drops if drop.failed)
    hidden = (*(_hidden(gate, drop, family) for drop in drops if _is_hidden(gate, drop)), *blind)
    # With a margin, an undecidable test fails the gate; without one, a handful of UNSTABLE replies is no failure.
    failing = hidden if gate.max_drop is not None else ()
    return GateResult(
        cell,
        breaches=(*shown, *failing, *count_breaches(gate, results)),
        undecided=(*(() if failing else hidden), *undecided_distance(gate, results)),
        drops=tuple(drops),
        family=family,
        significance_level=look.significance_level,
        orders_run=look.prompts,
        orders_planned=orders,
        length_ratio=length_ratio(results),
        lengths=_summary(conversation_lengths(results)),
        control=_summary(control_lengths(results)),
        distances=cell_distances(gate, results),
    )


def _summary(pairs: Sequence[LengthPair]) -> LengthSummary | None:
    return summarize_lengths(pairs) if pairs else None


def _shown(gate: Gate, drop: DropTest, family: int) -> str:
    interval = "n/a" if drop.interval is None else f"{100 * drop.interval[0]:.0f} to {100 * drop.interval[1]:.0f}"
    allowed = "no drop is allowed" if gate.max_drop is None else f"max_drop is {gate.max_drop:g}"
    return (
        f"{_seen(drop)} ({100 * (1 - gate.significance_level):.4g} % interval {interval}), and {allowed}: "
        f"p = {drop.p_value:.2g}, adjusted for {family} tests"
    )


def _is_hidden(gate: Gate, drop: DropTest) -> bool:
    """Return whether the drop exceeds the limit in too few prompts for a test to reject."""
    decides = _decides(gate, drop.instruction, drop.unstable)
    return decides and not drop.decidable and drop.drop is not None and drop.drop > (gate.max_drop or 0.0)


def _hidden(gate: Gate, drop: DropTest, family: int) -> str:
    return (
        f"{_seen(drop)}; that can be shown at confidence {1 - gate.significance_level:.4g} over {family} tests from "
        f"{drop.needed_prompts} prompts on: raise orderings.sample or generate.seeds, or test fewer cells at once"
    )


def _blind(instruction: str) -> str:
    return f"{instruction}: no reply tells whether the check holds: choose a check that these replies decide"


def _seen(drop: DropTest) -> str:
    """Return the counts and the drop of a test, in words."""
    assert drop.drop is not None
    prompts = f"{drop.prompts} prompt{'s' * (drop.prompts > 1)}"
    return (
        f"{drop.instruction}: {drop.held_uncompressed} of {drop.checks} checks hold uncompressed, "
        f"{drop.held_compressed} compressed, in {prompts}; a drop of {100 * drop.drop:.0f} points"
    )
