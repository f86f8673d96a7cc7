"""A kernel reads heads that hold very different numbers of entries, in every dtype, as their tokens alone."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import torch
from torch import Tensor

from kvguard_policies.compression import compress
from kvguard_policies.hf_cache import CompactCache, RaggedCache
from kvguard_policies.policy import LayerRecord, Policy, Scores
from pytest_kvguard.invariants.arms import context_of, feed_rows, recorded
from pytest_kvguard.invariants.differences import first_mismatch
from pytest_kvguard.invariants.kernel_runs import TOLERANCES, Models, check_kernel
from pytest_kvguard.invariants.pieces import eager_answer
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer
from pytest_kvguard.invariants.violation import NotApplicable, Violation
from pytest_kvguard.models.kernels import takes_mask

__all__ = ["find"]

LENGTHS = (96, 41)
CALLS = (1, 9, 1)
RATIO = Fraction(1, 2)


@dataclass(frozen=True)
class _Uneven(Policy):
    """Keeps every second token; the first head has half as many more, the last one half as many fewer."""

    name: ClassVar[str] = "uneven"

    def score(self, layer: LayerRecord) -> Scores:
        scattered = (layer.positions * 37 % layer.entries).float()
        return Scores(scattered, torch.zeros_like(layer.positions, dtype=torch.int8))

    def allocate(self, scores: Scores, layer: LayerRecord) -> Tensor:
        budgets = torch.full((layer.keys.shape[0],), layer.budget, dtype=torch.int64)
        if len(budgets) > 1:
            budgets[0], budgets[-1] = layer.budget + layer.budget // 2, layer.budget - layer.budget // 2
        return budgets


def find(subject: Subject) -> Violation | None:
    """Return the first wrong output of a head, in a batch of two contexts, in any dtype, or None."""
    check_kernel(subject.kernel)
    if not takes_mask(subject.kernel):
        raise NotApplicable(f"{subject.kernel} does not take a 4D mask, which a compressed cache needs")
    for dtype, tolerance in TOLERANCES.items():
        tested = subject.source.one_layer().to(getattr(torch, dtype))
        models = Models(tested, copy.deepcopy(tested).float())
        ids = [context_of(models.tested, tokens + sum(CALLS), seed=number) for number, tokens in enumerate(LENGTHS)]
        contexts = [
            compress(recorded(models.tested, each[:tokens], None, subject.kernel), _Uneven(), RATIO)
            for each, tokens in zip(ids, LENGTHS, strict=True)
        ]
        for row, answer in enumerate(_answers(models, contexts, ids, subject.kernel)):
            where = f"{dtype}, row {row}, heads hold {contexts[row].layers[0].counts} entries"
            if violation := _unlike_alone(models, contexts[row], ids[row], answer, tolerance, where):
                return violation
    return None


def _answers(models: Models, contexts: list[CompactCache], ids: list[list[int]], kernel: str) -> list[Answer]:
    """Return the answer of each row to the tokens after its context, fed in several calls."""
    cache, read, parts = RaggedCache.of(contexts, kernel), list(LENGTHS), list[list[Answer]]()
    for size in CALLS:
        pieces = [each[first : first + size] for each, first in zip(ids, read, strict=True)]
        parts.append(feed_rows(models.tested, cache, pieces, read))
        read = [first + size for first in read]
    return [Answer.joined(list(row)) for row in zip(*parts, strict=True)]


def _unlike_alone(
    models: Models, context: CompactCache, ids: list[int], answer: Answer, tolerance: float, where: str
) -> Violation | None:
    kept_positions = context.layers[0].positions
    group = answer.heads[0].shape[1] // len(kept_positions)
    for head, kept in enumerate(kept_positions):
        positions = [*kept.tolist(), *range(context.seen_tokens, len(ids))]
        alone = eager_answer(models.reference, [ids[position] for position in positions], positions)
        own = slice(head * group, (head + 1) * group)
        expected = alone.tokens(len(kept)).heads[0][:, own]
        if mismatch := first_mismatch(answer.heads[0][:, own].float(), expected.float(), tolerance):
            return Violation("attention output", *mismatch[1], where, 0, head, context.seen_tokens + mismatch[0][0])
    return None
