"""Scores are float32 whatever the dtype of the model, so that ties do not decide which entries are kept."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from kvguard_policies.compression import PrefillRecord, compress, layer_record
from kvguard_policies.policy import Policy, Priority
from kvguard_policies.selection import budget_entries
from pytest_kvguard.invariants.arms import context_of, recorded
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import Violation

__all__ = ["LEAST_OVERLAP", "find"]

HALF = (torch.bfloat16, torch.float16)
LEAST_OVERLAP = 0.85
"""Share of the kept entries that must stay the same when the whole model runs in half precision."""


def find(subject: Subject) -> Violation | None:
    """Return scores that went through half precision, or too different a choice of a half-precision model, or None."""
    policy, model = scoring_policy(subject), subject.source.model()
    ids = context_of(model)
    record = recorded(model, ids, policy, subject.kernel)
    if violation := _rounded(record, policy, subject):
        return violation
    kept = _kept(record, policy, subject)
    for dtype in HALF:
        other = _kept(recorded(copy.deepcopy(model).to(dtype), ids, policy, subject.kernel), policy, subject)
        overlap = len(kept & other) / len(kept)
        if overlap < LEAST_OVERLAP:
            name = str(dtype).removeprefix("torch.")
            observed, expected = f"{overlap:.0%}", f"{LEAST_OVERLAP:.0%} or more"
            return Violation("overlap of the kept entries", observed, expected, f"float32 and {name}")
    return None


def _kept(record: PrefillRecord, policy: Policy, subject: Subject) -> set[tuple[int, int, int]]:
    context = compress(record, policy, subject.ratio)
    return {
        (index, head, position)
        for index in record.compressible_layers
        for head, positions in enumerate(context.layers[index].positions)
        for position in positions.tolist()
    }


def _rounded(record: PrefillRecord, policy: Policy, subject: Subject) -> Violation | None:
    budget = budget_entries(record.tokens, subject.ratio)
    for number, index in enumerate(record.compressible_layers):
        layer = layer_record(record, policy, index, number, budget)
        scores = policy.score(layer)
        if scores.values.dtype != torch.float32:
            return Violation("dtype of the scores", str(scores.values.dtype), "torch.float32", layer=index)
        for head, values in enumerate(scores.values):
            free = values[scores.priority[head] == Priority.FREE]
            for dtype in HALF:
                if _went_through(free, dtype):
                    observed = f"{len(free.unique())} different values of {len(free)}, all of them {dtype} numbers"
                    return Violation("scores", observed, "float32 numbers", layer=index, head=head)
    return None


def _went_through(scores: Tensor, dtype: torch.dtype) -> bool:
    """Return whether all scores are numbers of a smaller dtype and some are tied; whole numbers are excepted."""
    finite = scores[scores.isfinite()]
    whole = bool((finite == finite.round()).all())
    tied = len(finite.unique()) < len(finite)
    return tied and not whole and bool((finite == finite.to(dtype).float()).all())
