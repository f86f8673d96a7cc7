"""Finds how far each policy may go, and how much further with ``keep`` or ``fair`` around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from kvguard_policies.spec import PolicySpec
from pytest_kvguard.contract.model import Contract, Instruction
from pytest_kvguard.evaluation.measure_frontier import Setting, Trial, measure_trials
from pytest_kvguard.evaluation.ratio_search import RatioSearch
from pytest_kvguard.evaluation.run_case import Runner
from pytest_kvguard.values.cell import written_ratio
from pytest_kvguard.values.frontier import FrontierPoint, LostInstruction, PolicyAdvice
from pytest_kvguard.values.results import Progress

__all__ = ["Told", "find_safe_ratios", "find_with_remedies"]

WRAPPED = ("fair", "keep", "kivi")
"""Policies that are not wrapped once more."""

Told = Callable[[int, Sequence[FrontierPoint]], None]
"""Called with the number of a round and what came out of it."""


@dataclass
class Candidate:
    """One policy whose ratio is looked for.

    Attributes:
        policy: the spec.
        members: the contracts, each with the policy it is run under.
        search: which ratios to try.
        remedy_of, protected: see ``PolicyAdvice``.
        points: what was measured.
    """

    policy: PolicySpec
    members: tuple[tuple[Contract, PolicySpec], ...]
    search: RatioSearch
    remedy_of: str = ""
    protected: tuple[str, ...] = ()
    points: dict[Fraction, FrontierPoint] = field(default_factory=dict)

    def trial(self, ratio: Fraction) -> Trial:
        """Return the cell at a ratio."""
        return Trial(self.policy, ratio, self.members)

    def learn(self, ratio: Fraction, point: FrontierPoint) -> None:
        """Take in what was measured at a ratio."""
        self.points[ratio] = point
        self.search.learn(ratio, point.is_safe)

    def advice(self) -> PolicyAdvice:
        """Return what was found."""
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
    setting: Setting,
    progress: Progress | None = None,
    told: Told | None = None,
) -> list[PolicyAdvice]:
    """Return, for each policy, the largest ratio at which no contract exceeds its gate.

    Args:
        runner: runs conversations.
        contracts: with the gates that decide.
        policies: specs; a quantizer that evicts nothing is tried once, at ratio 0.
        grid: the ratios that may be tried, ascending.
        setting: kernel, scope and seed.
        progress: called while models run.
        told: called after every round of the search.
    """
    candidates = [_plain(policy, contracts, grid) for policy in policies]
    _search(runner, candidates, setting, progress, told)
    return [candidate.advice() for candidate in candidates]


def find_with_remedies(
    runner: Runner,
    contracts: Sequence[Contract],
    policies: Sequence[PolicySpec],
    grid: tuple[Fraction, ...],
    setting: Setting,
    progress: Progress | None = None,
    told: Told | None = None,
) -> list[PolicyAdvice]:
    """Return what ``find_safe_ratios`` does, each policy followed by its remedies.

    They are ``fair(policy)``, and ``keep(policy)`` with the instructions protected that the policy lost first. Policies
    that never fail and those that are wrapped already need none.
    """
    found = find_safe_ratios(runner, contracts, policies, grid, setting, progress, told)
    remedies = [candidate for advice in found for candidate in _remedies(advice, contracts, grid)]
    _search(runner, remedies, setting, progress, told)
    made = [candidate.advice() for candidate in remedies]
    return [each for advice in found for each in (advice, *(r for r in made if r.remedy_of == advice.policy))]


def _plain(policy: PolicySpec, contracts: Sequence[Contract], grid: tuple[Fraction, ...]) -> Candidate:
    ratios = (Fraction(0),) if policy.ignores_ratio else grid
    return Candidate(policy, tuple((contract, policy) for contract in contracts), RatioSearch(ratios))


def _remedies(advice: PolicyAdvice, contracts: Sequence[Contract], grid: tuple[Fraction, ...]) -> list[Candidate]:
    policy = PolicySpec(advice.policy)
    if advice.unsafe is None or policy.root in WRAPPED:
        return []
    fair, keep = PolicySpec(f"fair({policy})"), PolicySpec(f"keep({policy})")
    protected = tuple(f"{lost.contract}::{lost.instruction}" for lost in advice.binding)
    made = [replace(_plain(fair, contracts, grid), remedy_of=advice.policy)]
    if protected:
        members = tuple(_protected(contract, advice.binding, policy, keep) for contract in contracts)
        made.append(Candidate(keep, members, RatioSearch(grid), advice.policy, protected))
    return made


def _protected(
    contract: Contract, lost: Iterable[LostInstruction], policy: PolicySpec, keep: PolicySpec
) -> tuple[Contract, PolicySpec]:
    """Return a contract that protects what it lost, and the policy for it; ``keep`` needs something to keep."""
    names = {each.instruction for each in lost if each.contract == contract.name}
    owners = {contract.instruction(name).text_owner or name for name in names}
    parts = (
        replace(part, protect=True) if isinstance(part, Instruction) and part.id in owners else part
        for part in contract.parts
    )
    made = replace(contract, parts=tuple(parts))
    return made, keep if any(part.protect for part in made.instructions) else policy


def _search(
    runner: Runner,
    candidates: Sequence[Candidate],
    setting: Setting,
    progress: Progress | None,
    told: Told | None,
) -> None:
    """Run round after round, the wishes of all searches in one batch."""
    number = 0
    while cells := [(one, ratio) for one in candidates for ratio in one.search.next_ratios()]:
        number += 1
        trials = [one.trial(ratio) for one, ratio in cells]
        points = measure_trials(runner, trials, setting, progress)
        for (one, ratio), point in zip(cells, points, strict=True):
            one.learn(ratio, point)
        if told:
            told(number, points)
