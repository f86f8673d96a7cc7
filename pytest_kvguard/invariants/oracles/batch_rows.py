"""Batch invariance: a row gives the same answer in a batch as alone, at lengths of every residue modulo 32."""

from __future__ import annotations

from collections.abc import Sequence

from transformers import PreTrainedModel

from kvguard_policies.attention import RAGGED
from kvguard_policies.hf_cache import RaggedCache
from kvguard_policies.policy import OwnCache
from pytest_kvguard.invariants.arms import ask, context_of, feed_rows, question_of, require_shared_batches
from pytest_kvguard.invariants.attention_calls import calls_watched, require_attention
from pytest_kvguard.invariants.contexts import Recorded, compressed, long_enough
from pytest_kvguard.invariants.differences import FLOAT32, difference
from pytest_kvguard.invariants.shadow import first_wrong_call
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]

RESIDUES = 32
SHORTEST = 33
OWN_ROWS = 6
"""Conversations that a policy with caches of its own has open at once; it runs them one at a time."""


def find(subject: Subject) -> Violation | None:
    """Return how an answer in a padded batch of 32 lengths differs from the answer of the same row alone, or None."""
    model = subject.source.model()
    if isinstance(subject.policy, OwnCache):
        return _open_at_once(subject, model)
    require_shared_batches(model)
    contexts = [long_enough(subject, model, SHORTEST + number, number) for number in range(RESIDUES)]
    rounds = [[_question(model, number, turn) for number in range(RESIDUES)] for turn in range(3)]
    with calls_watched(model, RAGGED) as calls:
        together = _answers(model, contexts, rounds, subject.kernel)
    if subject.required_policy.quantizes:
        require_attention(calls)
    for number, context in enumerate(contexts):
        tokens = context.record.tokens
        fed = [len(questions[number]) for questions in rounds]
        where = f"row {number} of {RESIDUES}, {tokens} tokens, {fed[0]} fed"
        alone = ask(model, context.cache, rounds[0][number], subject.kernel)
        violation = difference(together[number], alone, FLOAT32, where, tokens)
        if violation and not subject.required_policy.quantizes:  # some quantize new tokens at once: rounding decides
            return violation
        where = f"row {number} of {RESIDUES}, {tokens} tokens"
        if violation := first_wrong_call(calls, context.shadow(), fed, number, where=where):
            return violation
    return None


def _question(model: PreTrainedModel, row: int, turn: int) -> list[int]:
    """Return what a row is fed: numbers of tokens that differ from row to row, then a single token."""
    tokens = (1 + row * 7 % RESIDUES, 1 + row * 5 % RESIDUES, 1)[turn]
    return question_of(model, tokens, seed=100 * (turn + 1) + row)


def _answers(
    model: PreTrainedModel, contexts: Sequence[Recorded], rounds: Sequence[Sequence[Sequence[int]]], kernel: str
) -> list[Answer]:
    """Feed every round of questions to one batch, and return the answers to the first."""
    cache = RaggedCache.of([context.cache for context in contexts], kernel, reserve=max(map(len, rounds[0])))
    starts = [context.record.tokens for context in contexts]
    first: list[Answer] = []
    for questions in rounds:
        answers = feed_rows(model, cache, questions, starts)
        first = first or answers
        starts = [start + len(ids) for start, ids in zip(starts, questions, strict=True)]
    return first


def _open_at_once(subject: Subject, model: PreTrainedModel) -> Violation | None:
    """Return how a conversation is answered differently while others are open, or None."""
    rows = [context_of(model, 70 + 23 * number, seed=number) for number in range(OWN_ROWS)]
    questions = [question_of(model, 1 + 2 * number, seed=100 + number) for number in range(OWN_ROWS)]
    contexts = [compressed(subject, model, ids) for ids in rows]
    together = [context.ask(ids) for context, ids in zip(contexts, questions, strict=True)]
    for number, (ids, question) in enumerate(zip(rows, questions, strict=True)):
        alone = compressed(subject, model, ids).ask(question)
        where = f"conversation {number} of {OWN_ROWS} open at once, {len(ids)} tokens"
        if violation := difference(together[number], alone, 0.0, where, len(ids)):
            return violation
    return None
