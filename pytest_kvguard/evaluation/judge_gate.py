"""The decision of a contract's gate: limits, and one paired test per instruction over all orders, probes and seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_kvguard.contract.model import Contract, Gate
from pytest_kvguard.contract.proof import proof_level
from pytest_kvguard.evaluation.drop_lines import (
    LEAKS,
    blind_line,
    can_fail,
    hidden_line,
    is_hidden,
    shown_line,
    unproven_line,
)
from pytest_kvguard.evaluation.gates import (
    cell_distances,
    control_lengths,
    conversation_lengths,
    exceeded_limits,
    length_ratio,
    undecided_distance,
    unjudged_limits,
)
from pytest_kvguard.serving_cost.output_length import summarize_lengths
from pytest_kvguard.stats.exclusion import excluded_drop, exclusion_test, prompts_to_exclude
from pytest_kvguard.stats.intervals import drop_interval
from pytest_kvguard.stats.paired_tests import prompts_needed
from pytest_kvguard.stats.pairs import Pairs
from pytest_kvguard.stats.resolution import smallest_shown_drop
from pytest_kvguard.stats.sequential import Look, plan_looks
from pytest_kvguard.stats.step_down import max_drop_tests
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.gates import DropTest, GateResult, GateVerdict
from pytest_kvguard.values.lengths import LengthPair, LengthSummary
from pytest_kvguard.values.results import CaseId, CaseResult, CheckPair, Verdict

__all__ = ["judge_gates", "plan_of"]

Cases = Mapping[Cell, Sequence[CaseId]]


@dataclass(frozen=True)
class Evidence:
    """The paired checks of one instruction in one cell, prompt by prompt.

    Attributes:
        name: the instruction's id, followed by ``LEAKS`` for its leak checks, which are tested apart.
        prompts: one table of pairs per prompt; an empty one if nothing of it is decided.
        pessimistic: the same with compressed checks that no reply decides, which count as failed.
        unstable: number of results that are UNSTABLE because of these checks.
    """

    name: str
    prompts: tuple[Pairs, ...]
    pessimistic: tuple[Pairs, ...]
    unstable: int

    @property
    def is_blind(self) -> bool:
        """Whether checks that hold uncompressed are all undecided compressed, so that no drop can be seen."""
        ran = any(pairs.checks for pairs in self.pessimistic)
        return ran and not any(pairs.checks for pairs in self.prompts)


def plan_of(gate: Gate, orders: int) -> tuple[Look, ...]:
    """Return the looks at which a gate may be decided; if no drop is limited every check counts, so only the last."""
    if not gate.limits_drop:
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
        tested = zip(evidence[cell], adjusted[cell], strict=True)
        cells = len(results) + len(before)
        drops = [_test(gate, each, p_value, (family, cells), look, orders) for each, p_value in tested]
        shown = any(drop.failed for drop in drops)
        cleared = bool(drops) and not _is_counted(gate, drops) and all(_cleared(gate, drop) for drop in drops)
        if look.last or shown or cleared:
            blind = [blind_line(each.name) for each in evidence[cell] if each.is_blind]
            yield cell, _gate_result(gate, cell, members, drops, blind, family, look, orders)


def _gather(results: Sequence[CaseResult], orders: int) -> list[Evidence]:
    """Return the evidence on every instruction, with its leak checks apart; all have the prompts in one order."""
    by_name: dict[str, dict[object, list[CheckPair]]] = {}
    unstable: Counter[str] = Counter()
    places: dict[object, None] = {}
    for result in results:
        name = result.case.instruction
        for reply in result.replies:
            # All conversations of an order share one compressed context, so they are one unit of the statistics. With a
            # single order the question is about this very prompt, and its sampled replies are independent.
            alone = orders == 1 and reply.seed is not None
            prompt = (result.case.probe, reply.seed) if alone else result.case.order_index
            places[prompt] = None
            # Leak checks would dilute the others: nearly all of them hold, and attacks bring many.
            for pair in reply.checks:
                if pair.compressed is not None and not pair.baseline.undecided:
                    by_name.setdefault(_name(name, pair), {}).setdefault(prompt, []).append(pair)
        if result.verdict is Verdict.UNSTABLE:
            unstable.update({_name(name, pair) for reply in result.replies for pair in reply.checks if _is_lost(pair)})
    # An instruction of which nothing could run is listed, too, without checks.
    for name in dict.fromkeys(result.case.instruction for result in results):
        if name not in by_name and name + LEAKS not in by_name:
            by_name[name] = {}
    return [
        Evidence(
            name,
            tuple(_count(prompts.get(place, ()), with_undecided=False) for place in places),
            tuple(_count(prompts.get(place, ()), with_undecided=True) for place in places),
            unstable[name],
        )
        for name, prompts in by_name.items()
    ]


def _count(pairs: Sequence[CheckPair], with_undecided: bool) -> Pairs:
    """Return the table of pairs; an undecided compressed check does not hold, where it counts."""
    counted = [pair for pair in pairs if pair.is_decided or with_undecided]
    return Pairs.count((pair.baseline.holds, pair.compressed is not None and pair.compressed.holds) for pair in counted)


def _name(instruction: str, pair: CheckPair) -> str:
    return instruction + LEAKS * pair.baseline.leak


def _is_lost(pair: CheckPair) -> bool:
    return pair.is_decided and pair.baseline.holds and pair.compressed is not None and not pair.compressed.holds


def _adjusted(
    gate: Gate, evidence: Mapping[Cell, Sequence[Evidence]], before: Mapping[Cell, GateResult], look: Look
) -> tuple[dict[Cell, list[float | None]], int]:
    """Return p-values adjusted over the whole family, and its size; tests of cells decided before belong to it."""
    rows = [[each.prompts for each in members] for members in evidence.values()]
    passed = sum(not any(drop.failed for drop in result.drops) for result in before.values())
    adjusted = max_drop_tests(rows, gate.allowed_drop, look.significance_level, passed)
    tested = sum(p_value is not None for of_cell in adjusted for p_value in of_cell)
    return dict(zip(evidence, adjusted, strict=True)), tested + sum(len(result.drops) for result in before.values())


def _test(
    gate: Gate, evidence: Evidence, p_value: float | None, size: tuple[int, int], look: Look, orders: int
) -> DropTest:
    """Return the test of one instruction in a family of so many tests and cells."""
    family, cells = size
    total = Pairs.total(evidence.prompts)
    counts = can_fail(gate, evidence.name, evidence.unstable)
    failed = counts and p_value is not None and p_value <= look.significance_level
    # A compressed reply that does not tell is no loss, and no proof either.
    limited = counts or gate.limits_drop or evidence.pessimistic != evidence.prompts
    prompts = sum(pairs.checks > 0 for pairs in evidence.prompts)
    held = limited and _is_excluded(gate, evidence, look)
    verdict = GateVerdict.WORSE if failed else GateVerdict.HELD if held else GateVerdict.UNDECIDED
    return DropTest(
        instruction=evidence.name,
        prompts=prompts,
        checks=total.checks,
        held_uncompressed=total.uncompressed,
        held_compressed=total.compressed,
        drop=total.drop,
        interval=drop_interval(evidence.prompts, 1 - gate.significance_level),
        p_value=p_value,
        needed_prompts=prompts_needed(look.significance_level / max(1, family)),
        failed=failed,
        unstable=evidence.unstable,
        verdict=verdict if limited else None,
        excluded_drop=excluded_drop(evidence.pessimistic, look.significance_level),
        smallest_drop=smallest_shown_drop(prompts, look.significance_level / cells, gate.allowed_drop),
        more_prompts=_more_prompts(gate, evidence, orders) if limited and verdict is GateVerdict.UNDECIDED else None,
    )


def _is_excluded(gate: Gate, evidence: Evidence, look: Look) -> bool:
    """Return whether a drop beyond the limit is excluded, which counts only where losing everything would be one."""
    p_value = exclusion_test(evidence.pessimistic, gate.excluded_drop)
    return _could_drop(gate, evidence) and p_value is not None and p_value <= look.significance_level


def _could_drop(gate: Gate, evidence: Evidence) -> bool:
    total = Pairs.total(evidence.pessimistic)
    return total.uncompressed > gate.excluded_drop * total.checks


def _more_prompts(gate: Gate, evidence: Evidence, orders: int) -> int | None:
    """Return how many more prompts like those seen would exclude a drop beyond the limit."""
    if not _could_drop(gate, evidence):
        return None
    needed = prompts_to_exclude(
        evidence.pessimistic,
        gate.excluded_drop,
        lambda prompts: proof_level(orders, prompts, gate.significance_level),
    )
    return None if needed is None else max(1, needed - sum(pairs.checks > 0 for pairs in evidence.pessimistic))


def _is_counted(gate: Gate, drops: Sequence[DropTest]) -> bool:
    """Return whether a limit counts over all orders, so that orders yet to run may exceed it."""
    watched = any(drop.instruction.endswith(LEAKS) for drop in drops)
    return watched or gate.max_lost is not None or gate.limits_length or gate.max_distance is not None


def _cleared(gate: Gate, drop: DropTest) -> bool:
    """Return whether a drop beyond the limits is excluded already, so that no more orders are needed."""
    # A ``max_drop`` under ``prove`` may still be shown to be exceeded.
    covers = gate.limits_drop and gate.excluded_drop <= gate.allowed_drop
    return covers and drop.verdict is GateVerdict.HELD


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
    shown = tuple(shown_line(gate, drop, family) for drop in drops if drop.failed)
    hidden = (*(hidden_line(gate, drop, family) for drop in drops if is_hidden(gate, drop)), *blind)
    # With a margin, an undecidable test fails the gate; without one, a handful of UNSTABLE replies is no failure.
    failing = hidden if gate.limits_drop else ()
    unproven = _unproven(gate, drops, results)
    unproven_failing = unproven if gate.prove is not None else ()
    exceeded, unjudged = exceeded_limits(gate, results), unjudged_limits(gate, results)
    undecided = (*(() if failing else hidden), *undecided_distance(gate, results))
    is_open = bool(hidden or unproven or unjudged or undecided)
    return GateResult(
        cell,
        breaches=(*shown, *failing, *unproven_failing, *exceeded, *unjudged),
        undecided=undecided,
        drops=tuple(drops),
        family=family,
        significance_level=look.significance_level,
        orders_run=look.prompts,
        orders_planned=orders,
        length_ratio=length_ratio(results),
        lengths=_summary(conversation_lengths(results)),
        control=_summary(control_lengths(results)),
        distances=cell_distances(gate, results),
        verdict=GateVerdict.WORSE if shown or exceeded else GateVerdict.UNDECIDED if is_open else GateVerdict.HELD,
        unproven=() if unproven_failing else unproven,
    )


def _unproven(gate: Gate, drops: Sequence[DropTest], results: Sequence[CaseResult]) -> tuple[str, ...]:
    """Return one line per limit of which nothing is shown, other than those whose drop is hidden by too few prompts."""
    lines = [
        unproven_line(gate, drop)
        for drop in drops
        if drop.verdict is GateVerdict.UNDECIDED and not is_hidden(gate, drop)
    ]
    if all(result.verdict in (Verdict.UNMET, Verdict.ERROR) for result in results):
        lines.append("undecided, the uncompressed model obeys nothing that is checked, so that nothing could be lost")
    return tuple(lines)


def _summary(pairs: Sequence[LengthPair]) -> LengthSummary | None:
    return summarize_lengths(pairs) if pairs else None
