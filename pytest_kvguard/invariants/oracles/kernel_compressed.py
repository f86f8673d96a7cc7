"""A kernel reads a cache whose heads hold different numbers of entries as eager attention does."""

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
from pytest_kvguard.invariants.kernel_runs import TOLERANCES, check_kernel, models_of
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import NotApplicable, Violation
from pytest_kvguard.models.kernels import takes_mask

__all__ = ["find"]

RAGGED_POLICY = "adakv(keydiff)"
"""The policy for a subject that has none; it leaves different numbers of entries to different heads."""


@dataclass(frozen=True)
class _SameEntries(Wrapper):
    """Keeps the entries that another run kept, so that two dtypes differ in their numbers alone."""

    name: ClassVar[str] = "same_entries"
    kept: Mapping[int, tuple[Tensor, ...]] = field(default_factory=dict)

    def score(self, layer: LayerRecord) -> Scores:
        zeros = torch.zeros(layer.positions.shape, device=layer.keys.device)
        return Scores(zeros, zeros.to(torch.int8))

    def allocate(self, scores: Scores, layer: LayerRecord) -> Tensor:
        return torch.tensor([len(positions) for positions in self.kept[layer.layer]])

    def select(self, scores: Scores, budgets: Tensor, layer: LayerRecord) -> tuple[Tensor, ...]:
        return self.kept[layer.layer]


def find(subject: Subject) -> Violation | None:
    """Return the first wrong number after compression, with the same entries kept in every dtype, or None."""
    check_kernel(subject.kernel)
    if not takes_mask(subject.kernel):
        raise NotApplicable(f"{subject.kernel} does not take a 4D mask, which a compressed cache needs")
    policy = load(RAGGED_POLICY) if subject.policy is None or isinstance(subject.policy, OwnCache) else subject.policy
    for dtype, tolerance in TOLERANCES.items():
        models = models_of(subject, dtype)
        ids, question = context_of(models.reference), question_of(models.reference, 12)
        exact = evicted(models.reference, ids, policy, subject.ratio, "eager")
        same = _SameEntries(policy, _kept(exact))
        context = evicted(models.tested, ids, same, subject.ratio, subject.kernel)
        answer = ask(models.tested, context, question, subject.kernel)
        expected = ask(models.reference, exact, question, "eager")
        where = f"{dtype}, ratio {subject.ratio}, {policy.spec}"
        if violation := difference(answer, expected, tolerance, where, len(ids)):
            return violation
    return None


def _kept(context: CompactCache) -> dict[int, tuple[Tensor, ...]]:
    return {number: context.layers[index].positions for number, index in enumerate(context.compressible_layers)}
