"""A kernel reads a cache whose heads hold different numbers of entries as eager attention does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch
from torch import Tensor

from kvguard_policies.attention import RAGGED
from kvguard_policies.hf_cache import CompactCache, RaggedCache
from kvguard_policies.policy import LayerRecord, OwnCache, Scores, Wrapper
from kvguard_policies.quantizers.quantizer import Quantizer
from kvguard_policies.spec import load
from pytest_kvguard.invariants.arms import TOKENS, ask, context_of, evicted, feed, question_of
from pytest_kvguard.invariants.attention_calls import calls_watched, require_attention
from pytest_kvguard.invariants.contexts import filled, long_enough
from pytest_kvguard.invariants.differences import difference
from pytest_kvguard.invariants.kernel_runs import TOLERANCES, check_kernel, models_of, uncompiled
from pytest_kvguard.invariants.shadow import first_wrong_call
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import NotApplicable, Violation
from pytest_kvguard.models.kernels import REFERENCE, takes_mask

__all__ = ["find"]

RAGGED_POLICY = "adakv(keydiff)"
"""The policy for a subject that has none; it leaves different numbers of entries to different heads."""

FILLING = "sdpa"
"""The kernel that fills caches; some policies refuse the reference."""

PIECES = (12, 31, 1)
"""Tokens that are fed after a quantized context; some groups fill in between."""


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
    """Return the first wrong number after compression, with the same entries kept in every dtype, or None.

    A quantizer rounds in the dtype of its entries, so what attention must read is worked out anew in every dtype.
    """
    check_kernel(subject.kernel)
    policy = subject.policy or load(RAGGED_POLICY)
    if isinstance(policy, OwnCache):
        return _own(subject, policy)
    if not takes_mask(subject.kernel):
        raise NotApplicable(f"{subject.kernel} does not take a 4D mask, which a compressed cache needs")
    if isinstance(policy, Quantizer):
        return _stored(subject, policy)
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


def _stored(subject: Subject, quantizer: Quantizer) -> Violation | None:
    """Return the first wrong number that a kernel reads of quantized entries, before and after some are packed."""
    for dtype, tolerance in TOLERANCES.items():
        model = models_of(subject, dtype).tested
        context = long_enough(subject, model, TOKENS)
        tokens, start = question_of(model, sum(PIECES)), context.record.tokens
        cache, fed = RaggedCache.of([context.cache], subject.kernel), 0
        with calls_watched(model, RAGGED) as calls:
            for size in PIECES:
                feed(model, cache, tokens[fed : fed + size], start + fed)
                fed += size
        require_attention(calls)
        where = f"{dtype}, ratio {subject.ratio}, {quantizer.spec}"
        if violation := first_wrong_call(calls, context.shadow(), PIECES, tolerance=tolerance, where=where):
            return violation
    return None


def _own(subject: Subject, policy: OwnCache) -> Violation | None:
    """Return the first number in which a kernel differs from eager attention over a cache that the policy filled."""
    for dtype, tolerance in TOLERANCES.items():
        model = models_of(subject, dtype).tested
        ids, question = context_of(model), question_of(model, 12)
        context = filled(replace(subject, kernel=FILLING), model, ids, subject.ratio, policy)
        with uncompiled(subject.kernel, model):
            answer = replace(context, kernel=subject.kernel).ask(question)
        context = replace(context, kernel=REFERENCE)
        where = f"{dtype}, ratio {subject.ratio}, {policy.spec}"
        if violation := difference(answer, context.ask(question), tolerance, where, context.next_position):
            return violation
    return None


def _kept(context: CompactCache) -> dict[int, tuple[Tensor, ...]]:
    return {number: context.layers[index].positions for number, index in enumerate(context.compressible_layers)}
