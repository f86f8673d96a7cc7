"""Generating tokens one by one, in a batch that shrinks, computes the same as feeding them at once."""

from __future__ import annotations

from kvguard_policies.attention import RAGGED
from pytest_kvguard.engine.decode import Row, decode_rows
from pytest_kvguard.invariants.arms import ask, context_of, evicted, question_of
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.differences import FLOAT32, difference
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer, traced
from pytest_kvguard.invariants.violation import Violation

__all__ = ["TIE", "find"]

ROWS = ((96, 9, 128), (41, 6, 20), (77, 1, 70), (33, 7, 9))
"""Tokens of the context, tokens fed and tokens generated; the first row is the longest in all three. All but one of its
fed tokens fill a call, so that no traced output is padding; the others are padded to the same call."""
TIE = 5e-5
"""Two logits closer than this share of the largest are a tie: two ways to compute them may rank them differently."""


def find(subject: Subject) -> Violation | None:
    """Return how a batch that generates 128 tokens and fewer differs from feeding the same tokens at once, or None."""
    model = subject.source.model()
    rows = []
    for number, (tokens, fed, new) in enumerate(ROWS):
        ids = context_of(model, tokens, seed=number)
        context = evicted(model, ids, scoring_policy(subject), subject.ratio, subject.kernel)
        rows.append(Row(context, tuple(question_of(model, fed, seed=10 + number)), new))
    with traced(RAGGED) as trace:
        decode_rows(model, rows, frozenset(), subject.kernel, tie=0.0)
    for number, (row, size) in enumerate(zip(rows, ROWS, strict=True)):
        where = f"row {number} of {len(rows)}, {size[2]} tokens generated"
        forced = ask(model, row.cache, [*row.fed, *row.generated[:-1]], subject.kernel)
        if number == 0:
            decoded = Answer(forced.logits, trace.row())
            if violation := difference(decoded, forced, FLOAT32, where, row.cache.seen_tokens):
                return violation
        if violation := _not_greedy(row, forced, where):
            return violation
    return None


def _not_greedy(row: Row, forced: Answer, where: str) -> Violation | None:
    """Return the first generated token that is not the most likely one, ties excepted, or None."""
    logits = forced.logits[len(row.fed) - 1 :]
    allowed = TIE * float(logits.abs().max())
    for number, (token, scores) in enumerate(zip(row.generated, logits, strict=True)):
        best = int(scores.argmax())
        if float(scores[best] - scores[token]) > allowed:
            position = row.cache.seen_tokens + len(row.fed) + number
            return Violation("generated token", str(token), str(best), where, position=position)
    return None
