"""Generating tokens one by one, in a batch that shrinks, computes the same as feeding them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kvguard_policies.attention import RAGGED
from kvguard_policies.own_attention import own_attention
from kvguard_policies.policy import OwnCache
from pytest_kvguard.engine.decode import Row, decode_rows
from pytest_kvguard.invariants.arms import ask, question_of, require_shared_batches
from pytest_kvguard.invariants.attention_calls import ModelCall, calls_watched
from pytest_kvguard.invariants.contexts import Recorded, long_enough
from pytest_kvguard.invariants.differences import FLOAT32, difference
from pytest_kvguard.invariants.own_caches import in_pieces_violation
from pytest_kvguard.invariants.shadow import Shadow
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer, traced
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["TIE", "find"]

ROWS = ((96, 9, 128), (41, 6, 20), (77, 1, 70), (33, 7, 9), (90, 8, 96))
"""Tokens of the context, tokens fed and tokens generated; the first row is the longest in all three. All but one of its
fed tokens fill a call, so that no traced output is padding; the others are padded to the same call. The last row shares
the first one's buffers; every other one has buffers of its own size."""
OWN_TOKENS = 48
"""Tokens that are fed one by one to a cache that a policy filled."""
TIE = 5e-5
"""Two logits closer than this share of the largest are a tie: two ways to compute them may rank them differently."""


def find(subject: Subject) -> Violation | None:
    """Return how a batch that generates 128 tokens and fewer differs from feeding the same tokens at once, or None.

    What attention must read is worked out anew for every row of every call. A quantizer packs entries between two
    calls, so its rows are compared with that alone.
    """
    if isinstance(subject.policy, OwnCache):
        return in_pieces_violation(subject, [1] * OWN_TOKENS)
    model = subject.source.model()
    require_shared_batches(model)
    if own_attention(model) is not None:
        raise NotApplicable("the model attends in code of its own, so rows are decoded one by one")
    contexts, rows = [], []
    for number, (tokens, fed, new) in enumerate(ROWS):
        contexts.append(context := long_enough(subject, model, tokens, number))
        rows.append(Row(context.cache, tuple(question_of(model, fed, seed=10 + number)), new))
    with calls_watched(model, RAGGED) as calls, traced(RAGGED) as trace:
        decode_rows(model, rows, frozenset(), subject.kernel, tie=0.0)
    if violation := _wrong_reading(calls, contexts, rows):
        return violation
    if subject.required_policy.quantizes:
        return None
    for number, (row, size) in enumerate(zip(rows, ROWS, strict=True)):
        where = f"row {number} of {len(rows)}, {size[2]} tokens generated"
        forced = ask(model, row.cache, [*row.fed, *row.generated[:-1]], subject.kernel)
        if number == 0 and not row.cache.states:  # which are fed in other calls than the rows of other lengths
            decoded = Answer(forced.logits, trace.row())
            if violation := difference(decoded, forced, FLOAT32, where, row.cache.seen_tokens):
                return violation
        if violation := _not_greedy(row, forced, where):
            return violation
    return None


@dataclass
class _Followed:
    """A row whose tokens are followed through the calls of a batch.

    Attributes:
        number: of the row.
        shadow: what it must hold.
        tokens: all tokens that it reads, in order.
        read: how many were read so far.
    """

    number: int
    shadow: Shadow
    tokens: list[int]
    read: int = field(default=0)

    def length_in(self, ids: Sequence[int], position: int) -> int:
        """Return how many tokens of this row a line of a call feeds; 0 where the line is not of this row."""
        if position != self.shadow.next_position:
            return 0
        own = self.tokens[self.read : self.read + len(ids)]
        return next((size for size, (token, fed) in enumerate(zip(own, ids, strict=False)) if token != fed), len(own))


def _wrong_reading(calls: Sequence[ModelCall], contexts: Sequence[Recorded], rows: Sequence[Row]) -> Violation | None:
    """Return the first number of any call that differs from what its row must have read, or None."""
    followed = [
        _Followed(number, context.shadow(), [*row.fed, *row.generated[:-1]])
        for number, (context, row) in enumerate(zip(contexts, rows, strict=True))
    ]
    for call in calls:
        assert call.positions is not None
        taken: set[int] = set()
        for line, (ids, start) in enumerate(zip(call.ids.tolist(), call.positions[:, 0].tolist(), strict=True)):
            sizes = {row.number: row.length_in(ids, start) for row in followed if row.number not in taken}
            best = max(sizes, key=lambda number: sizes[number], default=-1)
            if best < 0 or not sizes[best]:
                continue  # the line only fills up the batch
            taken.add(best)
            row = followed[best]
            where = f"row {best} of {len(rows)}, token {row.read + 1} of {len(row.tokens)}"
            row.read += sizes[best]
            if violation := row.shadow.wrong_output(call, line, sizes[best], FLOAT32, where):
                return violation
    for row in followed:
        if row.read < len(row.tokens):
            where = f"row {row.number} of {len(rows)}"
            return Violation(
                "number of tokens read at their true positions", str(row.read), str(len(row.tokens)), where
            )
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
