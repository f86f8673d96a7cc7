"""On one layer, evicting entries is running the kept tokens alone at their true positions, head by head."""

from __future__ import annotations

import torch
from transformers import PreTrainedModel

from pytest_kvguard.invariants.arms import ask, context_of, evicted, plain_answer, question_of
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.differences import FLOAT32, first_wrong
from pytest_kvguard.invariants.finding import Finding, NotApplicable
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer

__all__ = ["find"]


def find(subject: Subject) -> Finding | None:
    """Compare every KV head's query heads with a plain run over the tokens that this KV head kept.

    With one layer, a token's key and value depend on that token alone, so what was evicted must have left no trace.
    """
    model = subject.source.one_layer()
    ids, question = context_of(model), question_of(model)
    context = evicted(model, ids, scoring_policy(subject), subject.ratio, subject.kernel)
    answer = ask(model, context, question, subject.kernel)
    if not answer.heads:
        raise NotApplicable("the model calls no registered attention function")
    for head, rows in enumerate(context.layers[0].positions):
        alone = _alone(model, ids, rows.tolist(), question)
        if found := _first_wrong_head(answer, alone, head, len(context.layers[0].counts)):
            (token, query_head, _), values = found
            where = f"one layer, ratio {subject.ratio}, {len(rows)} rows kept"
            return Finding("attention output", *values, where, 0, query_head, context.seen_tokens + token)
    return None


def _alone(model: PreTrainedModel, ids: list[int], rows: list[int], question: list[int]) -> Answer:
    """Return the plain model's answer to the question after the kept tokens, each at its true position."""
    positions = [*rows, *range(len(ids), len(ids) + len(question))]
    return plain_answer(model, [*(ids[row] for row in rows), *question], positions).tokens(len(rows))


def _first_wrong_head(
    answer: Answer, alone: Answer, head: int, heads: int
) -> tuple[tuple[int, ...], tuple[str, str]] | None:
    seen, wanted = answer.heads[0], alone.heads[0]
    group = seen.shape[1] // heads
    own = slice(head * group, (head + 1) * group)
    found = first_wrong(seen[:, own].to(torch.float32), wanted[:, own].to(torch.float32), FLOAT32)
    if found is None:
        return None
    (token, member, size), values = found
    return (token, head * group + member, size), values
