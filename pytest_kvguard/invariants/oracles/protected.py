"""Protected entries stay, whatever the scores are: more urgent ones go first, and of equals the later stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from kvguard_policies.compression import PrefillRecord, evaluate, layer_record
from kvguard_policies.modifiers.keep import Keep
from kvguard_policies.policy import LayerRecord, PolicyError, Priority, Scores, Wrapper
from kvguard_policies.selection import budget_entries
from pytest_kvguard.invariants.arms import context_of, recorded
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.finding import Finding
from pytest_kvguard.invariants.subject import Subject

__all__ = ["find"]

TIED = (0.0, 1e30, float("-inf"), float("inf"))


@dataclass(frozen=True)
class _Tied(Wrapper):
    """The base with every score the same, so that only its protection is left."""

    name: ClassVar[str] = "tied"
    value: float = 0.0

    def score(self, layer: LayerRecord) -> Scores:
        base = self.base.score(layer)
        return Scores(torch.full_like(base.values, self.value), base.priority)


def find(subject: Subject) -> Finding | None:
    """Look for an evicted entry that had to stay: under the policy's own scores, then under tied ones."""
    policy, model = scoring_policy(subject), subject.source.model()
    record = recorded(model, context_of(model), policy, subject.kernel)
    for protecting in (Keep(policy), *(_Tied(policy, value) for value in TIED), *(_Tied(Keep(policy)),)):
        where = f"every score {protecting.value:g}" if isinstance(protecting, _Tied) else "with a forced span"
        for number, index in enumerate(record.compressible_layers):
            found = _wrongly_evicted(record, protecting, index, number, budget_entries(record.tokens, subject.ratio))
            if found:
                return Finding(*found[0], where, index, *found[1])
    return None


Wrong = tuple[tuple[str, str, str], tuple[int, int]]


def _wrongly_evicted(record: PrefillRecord, policy: Wrapper, index: int, number: int, budget: int) -> Wrong | None:
    layer = layer_record(record, policy, index, number, budget)
    try:
        kept = evaluate(policy, layer)
    except PolicyError as error:
        if "protects" in str(error):  # it says that the forced entries do not fit, which is what it must do
            return None
        raise
    priority = policy.score(layer).priority
    groups = layer.layout.group_ids(layer.positions[0])
    for head, rows in enumerate(kept):
        if wrong := _wrong_of_head(priority[head], groups, rows, isinstance(policy, _Tied)):
            what, observed, expected, position = wrong
            return (what, observed, expected), (head, position)
    return None


def _wrong_of_head(priority: Tensor, groups: Tensor, rows: Tensor, tied: bool) -> tuple[str, str, str, int] | None:
    """Return the first entry that one head evicted although it kept a less urgent one, or an earlier equal one."""
    kept = torch.zeros(len(priority), dtype=torch.bool, device=priority.device)
    kept[rows] = True
    lost = (~kept & (priority == Priority.FORCED)).nonzero()
    if len(lost) and bool((kept & (priority < Priority.FORCED)).any()):
        return "a forced entry", "evicted", "kept", int(lost[0])
    for group in groups.unique().tolist():
        members = (groups == group).nonzero()[:, 0]
        urgency = priority[members].long() * len(priority) + (members if tied else 0)
        inside = kept[members]
        if inside.all() or not inside.any():
            continue
        least = int(urgency[inside].min())
        wrong = (~inside & (urgency > least)).nonzero()
        if len(wrong):
            row = int(members[wrong[0]])
            name = Priority(int(priority[row])).name.lower()
            other = int(members[inside][urgency[inside].argmin()])
            return f"an entry of priority {name}", f"evicted while {other} is kept", "kept", row
    return None
