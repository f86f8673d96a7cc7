"""The search for each policy's largest safe ratio, alone and inside ``keep`` or ``fair``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from kvguard_policies.spec import PolicySpec
from pytest_kvguard.contract.model import Contract, Instruction
from pytest_kvguard.evaluation.measure_frontier import FrontierSettings, Trial, measure_trials
from pytest_kvguard.evaluation.ratio_search import RatioSearch
from pytest_kvguard.evaluation.run_case import Runner
from pytest_kvguard.values.cell import written_ratio
from pytest_kvguard.values.frontier import FrontierPoint, LostInstruction, PolicyAdvice
from pytest_kvguard.values.results import Progress

__all__ = ["OnRound", "find_safe_ratios", "find_with_remedies"]

WRAPPED = ("fair", "keep", "kivi")
"""Policies that get no remedy around them."""

OnRound = Callable[[int, Sequence[FrontierPoint]], None]
"""Called with the number of a round and its points."""


@dataclass
class Candidate:
    """One policy and the state of the search for its largest safe ratio.

    Attributes:
        policy: the spec.
        members: the contracts, each with the policy that it runs under.
        search: chooses the ratios to try.
        remedy_of, protected: see ``PolicyAdvice``.
        points: the points measured so far, by ratio.
    """

    policy: PolicySpec
    members: tuple[tuple[Contract, PolicySpec], ...]
    search: RatioSearch
    remedy_of: str = ""
    protected: tuple[str, ...] = ()
    points: dict[Fraction, FrontierPoint] = field(default_factory=dict)

    def trial(self, ratio: Fraction) -> Trial:
        """Return the trial at a ratio."""
        return Trial(self.policy, ratio, self.members)

    def learn(self, ratio: Fraction, point: FrontierPoint) -> None:
        """Add the point that was measured at a ratio."""
        self.points[ratio] = point
        self.search.learn(ratio, point.is_safe)

    def advice(self) -> PolicyAdvice:
        """Return the result of the search."""
        safe, unsafe = self.search.largest_safe, self.search.smallest_unsafe
        return PolicyAdvice(
            self.policy.text,
            None if safe is None else self.points[safe],
            None if unsafe is None else self.points[unsafe],
            tuple(self.points[ratio] for ratio in sorted(self.points)),
            tuple(map(written_ratio, self.search.islands)),
            self.remedy_of,
            self.protected,
            tuple(contract.name for contract, policy in self.members if policy != self.policy),
        )


def find_safe_ratios(
    runner: Runner,
    contracts: Sequence[Contract],
    policies: Sequence[PolicySpec],
    grid: tuple[Fraction, ...],
    settings: FrontierSettings,
    progress: Progress | None = None,
    on_round: OnRound | None = None,
) -> list[PolicyAdvice]:
    """Return, for each policy, the largest ratio at which no contract exceeds its gate.

    Args:
        runner: runs conversations.
        contracts: with the gates that decide.
        policies: specs; a quantizer that evicts nothing is tried once, at ratio 0.
        grid: the ratios that may be tried, ascending.
        settings: kernel, scope and seed.
        progress: called while models run.
        on_round: called after every round of the search.
    """
    candidates = [_plain(policy, contracts, grid) for policy in policies]
    _search(runner, candidates, settings, progress, on_round)
    return [candidate.advice() for candidate in candidates]


def find_with_remedies(
    runner: Runner,
    contracts: Sequence[Contract],
    policies: Sequence[PolicySpec],
    grid: tuple[Fraction, ...],
    settings: FrontierSettings,
    progress: Progress | None = None,
    on_round: OnRound | None = None,
) -> list[PolicyAdvice]:
    """Return the same as ``find_safe_ratios``, with the remedies of each policy after it.

    The remedies are ``fair(policy)``, and ``keep(policy)`` with protection for the instructions that the policy lost
    first. A policy that never fails, or that is itself a wrapper, gets none.
    """
    advices = find_safe_ratios(runner, contracts, policies, grid, settings, progress, on_round)
    candidates = [candidate for advice in advices for candidate in _remedies(advice, contracts, grid)]
    _search(runner, candidates, settings, progress, on_round)
    remedies = [candidate.advice() for candidate in candidates]
    return [each for advice in advices for each in (advice, *(r for r in remedies if r.remedy_of == advice.policy))]


def _plain(policy: PolicySpec, contracts: Sequence[Contract], grid: tuple[Fraction, ...]) -> Candidate:
    ratios = (Fraction(0),) if policy.ignores_ratio else grid
    return Candidate(policy, tuple((contract, policy) for contract in contracts), RatioSearch(ratios))


def _remedies(advice: PolicyAdvice, contracts: Sequence[Contract], grid: tuple[Fraction, ...]) -> list[Candidate]:
    policy = PolicySpec(advice.policy)
    if advice.unsafe is None or policy.root in WRAPPED:
        return []
    fair, keep = PolicySpec(f"fair({policy})"), PolicySpec(f"keep({policy})")
    protected = tuple(f"{lost.contract}::{lost.instruction}" for lost in advice.binding)
    candidates = [replace(_plain(fair, contracts, grid), remedy_of=advice.policy)]
    if protected:
        members = tuple(_protected(contract, advice.binding, policy, keep) for contract in contracts)
        candidates.append(Candidate(keep, members, RatioSearch(grid), advice.policy, protected))
    return candidates


def _protected(
    contract: Contract, lost: Iterable[LostInstruction], policy: PolicySpec, keep: PolicySpec
) -> tuple[Contract, PolicySpec]:
    """Return the contract with its lost instructions protected, and ``keep``, or ``policy`` if nothing is protected."""
    names = {each.instruction for each in lost if each.contract == contract.name}
    owners = {contract.instruction(name).text_owner or name for name in names}
    parts = (
        replace(part, protect=True) if isinstance(part, Instruction) and part.id in owners else part
        for part in contract.parts
    )
    contract = replace(contract, parts=tuple(parts))
    return contract, keep if any(part.protect for part in contract.instructions) else policy


def _search(
    runner: Runner,
    candidates: Sequence[Candidate],
    settings: FrontierSettings,
    progress: Progress | None,
    on_round: OnRound | None,
) -> None:
    """Run all searches to their end; each round measures the next ratios of all searches in one batch."""
    number = 0
    while cells := [(one, ratio) for one in candidates for ratio in one.search.next_ratios()]:
        number += 1
        trials = [one.trial(ratio) for one, ratio in cells]
        points = measure_trials(runner, trials, settings, progress)
        for (one, ratio), point in zip(cells, points, strict=True):
            one.learn(ratio, point)
        if on_round:
            on_round(number, points)
