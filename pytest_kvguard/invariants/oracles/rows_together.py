"""Rows of one context, and of others, answer in a batch as alone: over several calls, and after rows have ended."""

from __future__ import annotations

from fractions import Fraction

from transformers import PreTrainedModel

from kvguard_policies.hf_cache import CompactCache, RaggedCache
from kvguard_policies.policy import OwnCache, Policy
from kvguard_policies.quantization import AllExactError
from pytest_kvguard.invariants.arms import context_of, evicted, feed, feed_rows
from pytest_kvguard.invariants.differences import FLOAT32, difference
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["find"]

CONTEXTS = (150, 70)
ROWS = (0, 1, 0, None, 0, 1)
"""The context of each row, by number; None is the first context without the policy."""
CALLS = ((1, 5, 7, 2, 3, 4), (1,) * 6, (9, 40, 33, 40, 1, 17), (1,) * 6, (5, 5, 5, 5, 5, 5), (1,) * 6)
"""Tokens of each row in each call."""
ENDS = {1: 0, 3: 1, 4: 2}
"""After which call which place of the batch becomes free; the last row moves there, beside rows of other contexts."""
CODES = 0.02
"""Allowed difference of a quantizer: a number between two codes may be rounded to either."""


def find(subject: Subject) -> Violation | None:
    """Return how a row of a batch differs from the same row alone, or None."""
    policy, model = subject.required_policy, subject.source.model()
    if isinstance(policy, OwnCache):
        raise NotApplicable("the policy fills a cache of its own, which holds one conversation")
    contexts = _contexts(model, policy, subject)
    fed = [context_of(model, sum(sizes), seed=50 + row) for row, sizes in enumerate(zip(*CALLS, strict=True))]
    alone = [_alone(model, context, fed[row], row, subject.kernel) for row, context in enumerate(contexts)]
    together = _together(model, contexts, fed, subject.kernel)
    tolerance = CODES if policy.quantizes else FLOAT32
    for (call, row), answer in together.items():
        where = f"row {row} of {len(ROWS)}, call {call + 1} of {len(CALLS)}, rows end after calls {[*ENDS]}"
        start = contexts[row].seen_tokens + sum(sizes[row] for sizes in CALLS[:call])
        if violation := difference(answer, alone[row][call], tolerance, where, start):
            return violation
    return None


def _contexts(model: PreTrainedModel, policy: Policy, subject: Subject) -> list[CompactCache]:
    ids = [context_of(model, tokens, seed=40 + number) for number, tokens in enumerate(CONTEXTS)]
    try:
        compressed = [evicted(model, each, policy, subject.ratio, subject.kernel) for each in ids]
    except AllExactError as error:
        raise NotApplicable(f"contexts of {CONTEXTS} tokens fit the exact window: {error}") from None
    plain = evicted(model, ids[0], None, Fraction(0), subject.kernel)
    return [plain if number is None else compressed[number] for number in ROWS]


def _alone(model: PreTrainedModel, context: CompactCache, ids: list[int], row: int, kernel: str) -> list[Answer]:
    cache, start, answers = RaggedCache.of([context], kernel), context.seen_tokens, []
    for sizes in CALLS:
        piece, ids = ids[: sizes[row]], ids[sizes[row] :]
        answers.append(feed(model, cache, piece, start))
        start += len(piece)
    return answers


def _together(
    model: PreTrainedModel, contexts: list[CompactCache], fed: list[list[int]], kernel: str
) -> dict[tuple[int, int], Answer]:
    """Return the answers of a batch by call and row."""
    cache, answers = RaggedCache.of(contexts, kernel), {}
    rows, read = list(range(len(contexts))), [0] * len(contexts)
    for call, sizes in enumerate(CALLS):
        pieces = [fed[row][read[row] : read[row] + sizes[row]] for row in rows]
        starts = [contexts[row].seen_tokens + read[row] for row in rows]
        for row, answer in zip(rows, feed_rows(model, cache, pieces, starts), strict=True):
            answers[call, row] = answer
            read[row] += sizes[row]
        if call in ENDS:
            place = ENDS[call]
            cache.drop(place)
            rows[place] = rows[-1]
            rows.pop()
    return answers
