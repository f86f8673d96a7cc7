"""The losses and costs of contracts under many policies and ratios, which run together in one batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from kvguard_policies.spec import PolicySpec
from pytest_kvguard.contract.model import Contract
from pytest_kvguard.contract.order import sample_orders
from pytest_kvguard.evaluation.cases import cases_of_cell
from pytest_kvguard.evaluation.judge_gate import judge_gates
from pytest_kvguard.evaluation.run_case import Runner
from pytest_kvguard.values.cell import Cell, written_ratio
from pytest_kvguard.values.frontier import Costs, FrontierPoint, LostInstruction
from pytest_kvguard.values.results import Arm, CaseId, CaseResult, Progress, Verdict

__all__ = ["FrontierSettings", "Trial", "measure_trials"]

FAILURES = (Verdict.LOST, Verdict.LEAKED, Verdict.ERROR)


@dataclass(frozen=True)
class FrontierSettings:
    """The settings that all trials share: attention kernel, scope, and the seed of sampled orders."""

    kernel: str
    scope: str
    seed: int


@dataclass(frozen=True)
class Trial:
    """One policy and ratio to measure over several contracts.

    Attributes:
        policy: the policy that names the trial.
        ratio: fraction of entries to remove.
        members: the contracts, each with the policy that it runs under.
    """

    policy: PolicySpec
    ratio: Fraction
    members: tuple[tuple[Contract, PolicySpec], ...]


def measure_trials(
    runner: Runner, trials: Sequence[Trial], settings: FrontierSettings, progress: Progress | None = None
) -> list[FrontierPoint]:
    """Return one point per trial; the conversations of all trials run in one batch, so that they share contexts."""
    planned = [
        [_plan(contract, policy, trial.ratio, settings) for contract, policy in trial.members] for trial in trials
    ]
    everything = [(part.contract, case) for parts in planned for part in parts for case in part.cases]
    runner.run_cases(everything, settings.scope, progress)
    return [_point(runner, trial, parts, settings) for trial, parts in zip(trials, planned, strict=True)]


@dataclass(frozen=True)
class Plan:
    """The cases of one contract in one cell."""

    contract: Contract
    cell: Cell
    cases: tuple[CaseId, ...]


def _plan(contract: Contract, policy: PolicySpec, ratio: Fraction, settings: FrontierSettings) -> Plan:
    orders = sample_orders(contract, settings.seed)
    cell = Cell(policy, ratio, settings.kernel)
    return Plan(contract, cell, tuple(cases_of_cell(contract, orders, cell)))


def _point(runner: Runner, trial: Trial, parts: Sequence[Plan], settings: FrontierSettings) -> FrontierPoint:
    results: dict[str, list[CaseResult]] = {}
    breaches: list[str] = []
    for part in parts:
        by_case = {case: runner.result(part.contract, case, settings.scope) for case in part.cases}
        results.setdefault(part.contract.name, []).extend(by_case.values())
        breaches += [f"{part.contract.name}: {line}" for line in _breaches(part, by_case)]
    everything = [result for members in results.values() for result in members]
    counts = Counter(result.verdict for result in everything)
    prompts = {(r.case.contract, r.case.order) for r in everything if r.verdict is not Verdict.UNMET}
    failing = {(r.case.contract, r.case.order) for r in everything if r.verdict in FAILURES}
    return FrontierPoint(
        trial.policy.text,
        written_ratio(trial.ratio),
        held=counts[Verdict.HELD],
        lost=counts[Verdict.LOST],
        leaked=counts[Verdict.LEAKED],
        unstable=counts[Verdict.UNSTABLE],
        errors=counts[Verdict.ERROR],
        prompts=len(prompts),
        failing_prompts=len(failing),
        breaches=tuple(breaches),
        binding=_binding({part.contract.name: part.contract for part in parts}, everything),
        reason=next((r.reason for r in everything if r.verdict is Verdict.ERROR), ""),
        costs=_costs(everything),
    )


def _breaches(part: Plan, results: Mapping[CaseId, CaseResult]) -> tuple[str, ...]:
    """Return the breaches of the contract's gate in this cell, judged without the other cells."""

    def look_up(cases: Sequence[CaseId]) -> list[CaseResult]:
        return [results[case] for case in cases]

    return judge_gates(part.contract, {part.cell: part.cases}, look_up)[part.cell].breaches


def _binding(contracts: Mapping[str, Contract], results: Iterable[CaseResult]) -> tuple[LostInstruction, ...]:
    by_instruction: dict[tuple[str, str], Counter[Verdict]] = {}
    for result in results:
        by_instruction.setdefault((result.case.contract, result.case.instruction), Counter())[result.verdict] += 1
    lost = [
        LostInstruction(
            contract,
            name,
            f"{contracts[contract].path}:{contracts[contract].instruction(name).line}",
            counts[Verdict.LOST],
            counts[Verdict.LEAKED],
            counts.total() - counts[Verdict.UNMET],
        )
        for (contract, name), counts in by_instruction.items()
        if counts[Verdict.LOST] or counts[Verdict.LEAKED]
    ]
    return tuple(sorted(lost, key=lambda each: (-(each.lost + each.leaked) / each.checked, each.place)))


def _costs(results: Iterable[CaseResult]) -> Costs:
    """Return the costs of conversations relative to the uncompressed ones, each pair counted once."""
    pairs: dict[tuple[object, ...], tuple[Arm, Arm]] = {}
    for result in results:
        if result.baseline is not None and result.compressed is not None:
            case = result.case
            pairs[case.contract, case.probe, case.order] = result.baseline, result.compressed
    baselines, compressed = [one for one, _ in pairs.values()], [other for _, other in pairs.values()]
    caches = [arm.cache for arm in compressed if arm.cache is not None]
    length, steps, whole = (
        _ratio(_sum(map(cost, compressed)), _sum(map(cost, baselines)))
        for cost in (_tokens, _decode_seconds, _reply_seconds)
    )
    return Costs(
        cache_share=_ratio(_sum(c.bytes_after for c in caches), _sum(c.bytes_before for c in caches)),
        length_ratio=length,
        step_ratio=steps / length if steps and length else None,
        time_ratio=whole,
    )


def _tokens(arm: Arm) -> float:
    return arm.reply_tokens


def _decode_seconds(arm: Arm) -> float:
    return _sum(turn.decode for turn in arm.seconds)


def _reply_seconds(arm: Arm) -> float:
    return _sum(turn.compress + turn.decode for turn in arm.seconds)


def _sum(values: Iterable[float]) -> float:
    return sum(values, 0.0)


def _ratio(value: float, base: float) -> float | None:
    return value / base if base else None
