"""A kernel reads a cache whose heads hold different numbers of entries as eager attention reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from kvguard_policies.hf_cache import CompactCache
from kvguard_policies.policy import LayerRecord, OwnCache, Scores, Wrapper
from kvguard_policies.spec import load
from pytest_kvguard.invariants.arms import ask, context_of, evicted, question_of
from pytest_kvguard.invariants.differences import difference
from pytest_kvguard.invariants.finding import Finding, NotApplicable
from pytest_kvguard.invariants.kernel_runs import TOLERANCES, check_kernel, models_of
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.models.kernels import takes_mask

__all__ = ["find"]

RAGGED_POLICY = "adakv(keydiff)"
"""What compresses where the subject has no policy: its heads hold different counts."""


@dataclass(frozen=True)
class _SameRows(Wrapper):
    """Keeps the rows that another run kept, so that two types differ in their numbers alone."""

    name: ClassVar[str] = "same_rows"
    rows: Mapping[int, tuple[Tensor, ...]] = field(default_factory=dict)

    def score(self, layer: LayerRecord) -> Scores:
        zeros = torch.zeros(layer.positions.shape, device=layer.keys.device)
        return Scores(zeros, zeros.to(torch.int8))

    def allocate(self, scores: Scores, layer: LayerRecord) -> Tensor:
        return torch.tensor([len(rows) for rows in self.rows[layer.layer]])

    def select(self, scores: Scores, budgets: Tensor, layer: LayerRecord) -> tuple[Tensor, ...]:
        return self.rows[layer.layer]


def find(subject: Subject) -> Finding | None:
    """Prefill, compress and go on with the kernel, in every type; the same rows are kept everywhere."""
    check_kernel(subject.kernel)
    if not takes_mask(subject.kernel):
        raise NotApplicable(f"{subject.kernel} takes no ready 4D mask, which a compressed cache needs")
    policy = load(RAGGED_POLICY) if subject.policy is None or isinstance(subject.policy, OwnCache) else subject.policy
    for dtype, tolerance in TOLERANCES.items():
        models = models_of(subject, dtype)
        ids, question = context_of(models.reference), question_of(models.reference, 12)
        exact = evicted(models.reference, ids, policy, subject.ratio, "eager")
        same = _SameRows(policy, _rows(exact))
        context = evicted(models.tested, ids, same, subject.ratio, subject.kernel)
        answer = ask(models.tested, context, question, subject.kernel)
        wanted = ask(models.reference, exact, question, "eager")
        where = f"{dtype}, ratio {subject.ratio}, {policy.spec}"
        if found := difference(answer, wanted, tolerance, where, len(ids)):
            return found
    return None


def _rows(context: CompactCache) -> dict[int, tuple[Tensor, ...]]:
    return {number: context.layers[index].positions for number, index in enumerate(context.compressible_layers)}
