"""On one layer, evicting entries equals running the kept tokens alone at their true positions, head by head."""

from __future__ import annotations

import torch
from transformers import PreTrainedModel

from pytest_kvguard.invariants.arms import ask, context_of, evicted, plain_answer, question_of
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.differences import FLOAT32, first_mismatch
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["find"]


def find(subject: Subject) -> Violation | None:
    """Return how a KV head's query heads differ from a plain run over the tokens that this KV head kept, or None.

    With one layer, a token's key and value depend on that token alone, so evicted tokens must leave no trace.
    """
    model = subject.source.one_layer()
    ids, question = context_of(model), question_of(model)
    context = evicted(model, ids, scoring_policy(subject), subject.ratio, subject.kernel)
    answer = ask(model, context, question, subject.kernel)
    if not answer.heads:
        raise NotApplicable("the model calls no registered attention function")
    for head, kept in enumerate(context.layers[0].positions):
        alone = _alone(model, ids, kept.tolist(), question)
        if mismatch := _first_wrong_head(answer, alone, head, len(context.layers[0].counts)):
            (token, query_head, _), values = mismatch
            where = f"one layer, ratio {subject.ratio}, {len(kept)} entries kept"
            return Violation("attention output", *values, where, 0, query_head, context.seen_tokens + token)
    return None


def _alone(model: PreTrainedModel, ids: list[int], kept: list[int], question: list[int]) -> Answer:
    """Return the plain model's answer to the question after the kept tokens, each at its true position."""
    positions = [*kept, *range(len(ids), len(ids) + len(question))]
    return plain_answer(model, [*(ids[position] for position in kept), *question], positions).tokens(len(kept))


def _first_wrong_head(
    answer: Answer, alone: Answer, head: int, heads: int
) -> tuple[tuple[int, ...], tuple[str, str]] | None:
    observed, expected = answer.heads[0], alone.heads[0]
    group = observed.shape[1] // heads
    own = slice(head * group, (head + 1) * group)
    mismatch = first_mismatch(observed[:, own].to(torch.float32), expected[:, own].to(torch.float32), FLOAT32)
    if mismatch is None:
        return None
    (token, member, size), values = mismatch
    return (token, head * group + member, size), values
