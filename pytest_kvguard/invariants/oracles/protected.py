"""Protected entries are kept, whatever the scores: the higher priority first, and ties keep the later token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from kvguard_policies.choice import evaluate
from kvguard_policies.compression import PrefillRecord, layer_record
from kvguard_policies.modifiers.keep import Keep
from kvguard_policies.policy import LayerRecord, PolicyError, Priority, Scores, Wrapper
from kvguard_policies.selection import budget_entries
from pytest_kvguard.invariants.arms import context_of, recorded
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]

TIED = (0.0, -1.0, 1.0)
"""Tied scores, as shares of the largest number of their dtype: whatever is finite may be a score."""


@dataclass(frozen=True)
class _Tied(Wrapper):
    """The base with equal scores everywhere, so that only its protection tells entries apart."""

    name: ClassVar[str] = "tied"
    value: float = 0.0

    def score(self, layer: LayerRecord) -> Scores:
        base = self.base.score(layer)
        return Scores(torch.full_like(base.values, self.value * torch.finfo(base.values.dtype).max), base.priority)


def find(subject: Subject) -> Violation | None:
    """Return an evicted entry that had to be kept, under the policy's own scores or under tied ones, or None."""
    policy, model = scoring_policy(subject), subject.source.model()
    record = recorded(model, context_of(model), policy, subject.kernel)
    for protecting in (Keep(policy), *(_Tied(policy, value) for value in TIED), *(_Tied(Keep(policy)),)):
        where = (
            f"every score {protecting.value:g} of the largest number"
            if isinstance(protecting, _Tied)
            else "with a forced span"
        )
        for number, index in enumerate(record.compressible_layers):
            budget = budget_entries(record.tokens, subject.ratio)
            if eviction := _wrong_eviction(record, protecting, index, number, budget):
                return Violation(*eviction[0], where, index, *eviction[1])
    return None


WrongEviction = tuple[tuple[str, str, str], tuple[int, int]]


def _wrong_eviction(
    record: PrefillRecord, policy: Wrapper, index: int, number: int, budget: int
) -> WrongEviction | None:
    layer = layer_record(record, policy, index, number, budget)
    try:
        kept = evaluate(policy, layer)
    except PolicyError as error:
        if "protects" in str(error):  # the forced entries do not fit, and the policy says so as it must
            return None
        raise
    priority = policy.score(layer).priority
    span_ids = layer.layout.group_ids(layer.positions[0])
    for head, positions in enumerate(kept):
        if wrong := _wrong_of_head(priority[head], span_ids, positions, isinstance(policy, _Tied)):
            what, observed, expected, position = wrong
            return (what, observed, expected), (head, position)
    return None


def _wrong_of_head(
    priority: Tensor, span_ids: Tensor, positions: Tensor, tied: bool
) -> tuple[str, str, str, int] | None:
    """Return the first entry that a head evicted although it kept one of lower priority, or an earlier equal one."""
    kept = torch.zeros(len(priority), dtype=torch.bool, device=priority.device)
    kept[positions] = True
    lost = (~kept & (priority == Priority.FORCED)).nonzero()
    if len(lost) and bool((kept & (priority < Priority.FORCED)).any()):
        return "a forced entry", "evicted", "kept", int(lost[0])
    for span_id in span_ids.unique().tolist():
        members = (span_ids == span_id).nonzero()[:, 0]
        urgency = priority[members].long() * len(priority) + (members if tied else 0)
        inside = kept[members]
        if inside.all() or not inside.any():
            continue
        least = int(urgency[inside].min())
        wrong = (~inside & (urgency > least)).nonzero()
        if len(wrong):
            position = int(members[wrong[0]])
            name = Priority(int(priority[position])).name.lower()
            other = int(members[inside][urgency[inside].argmin()])
            return f"an entry of priority {name}", f"evicted while {other} is kept", "kept", position
    return None
