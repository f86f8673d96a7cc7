"""A policy keeps its promises at the edges of length and ratio: evicting equals running the kept tokens alone."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from torch import Tensor
from transformers import PreTrainedModel

from kvguard_policies.compression import PrefillRecord, compress, layer_record
from kvguard_policies.hf_cache import CompactCache
from kvguard_policies.policy import Policy, PolicyError, Priority
from kvguard_policies.selection import budget_entries
from pytest_kvguard.invariants.arms import context_of, recorded
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.differences import FLOAT32, first_mismatch
from pytest_kvguard.invariants.pieces import PIECES, cut, eager_answer, feed_pieces
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["find"]

SHORT, EDGES = 40, (1, 2, 39)
"""A context, and how many of its entries are left; 39 of 40 is the largest budget that evicts."""
LENGTHS = (1, 2, 17, 65, 129, 257, 513, 600, 1100, 2065, 4097)
MANY = 300
"""Contexts longer than this are compared in one head, since each head needs a run of its own."""
LONG, TIED_RATIOS, MOST_TIED = 2065, (Fraction(1, 10), Fraction(1, 2)), 0.1
"""Tied scores may decide this share of a long context's budget, unless they decide as much in a short one."""


def find(subject: Subject) -> Violation | None:
    """Return the first wrong output at an edge of length or ratio, or ties that decide in long contexts alone."""
    policy, model = scoring_policy(subject), subject.source.one_layer()
    for tokens, ratio in _cases(subject.ratio):
        ids = context_of(model, tokens + sum(PIECES))
        record = recorded(model, ids[:tokens], policy, subject.kernel)
        try:
            context = compress(record, policy, ratio)
        except PolicyError as error:
            if "protects" in str(error):  # the forced entries do not fit, and the policy says so as it must
                continue
            raise
        if violation := _unlike_alone(model, context, ids, subject, ratio):
            return violation
        if tokens == LONG and (violation := _tied(model, record, policy, subject)):
            return violation
    return None


def _cases(ratio: Fraction) -> Iterator[tuple[int, Fraction]]:
    yield SHORT, Fraction(0)
    yield from ((SHORT, 1 - Fraction(left, SHORT)) for left in EDGES)
    yield from ((tokens, ratio) for tokens in LENGTHS)


def _unlike_alone(
    model: PreTrainedModel, context: CompactCache, ids: list[int], subject: Subject, ratio: Fraction
) -> Violation | None:
    """Return how a head differs from a run of the tokens that it kept, each at its true position, or None."""
    tokens, kept = context.seen_tokens, context.layers[0].positions
    answer = feed_pieces(model, context, cut(ids[tokens:]), subject.kernel)
    if not answer.heads:
        raise NotApplicable("the model calls no registered attention function")
    for head in range(len(kept)) if tokens <= MANY else (tokens % len(kept),):
        positions = [*kept[head].tolist(), *range(tokens, len(ids))]
        alone = eager_answer(model, [ids[position] for position in positions], positions).tokens(len(kept[head]))
        if mismatch := first_mismatch(_group(answer, head, kept), _group(alone, head, kept), FLOAT32):
            where = f"one layer, {tokens} tokens, {len(kept[head])} kept at ratio {ratio}, then {PIECES} fed"
            return Violation("attention output", *mismatch[1], where, 0, head, tokens + mismatch[0][0])
    return None


def _group(answer: Answer, head: int, kept: tuple[Tensor, ...]) -> Tensor:
    """Return the outputs (Q, G, D) of the query heads that read a KV head."""
    group = answer.heads[0].shape[1] // len(kept)
    return answer.heads[0][:, head * group : (head + 1) * group].float()


def _tied(model: PreTrainedModel, record: PrefillRecord, policy: Policy, subject: Subject) -> Violation | None:
    """Return a violation where ties decide much of a long context although they decide little of a short one."""
    few = recorded(model, record.token_ids[:SHORT], policy, subject.kernel)
    for ratio in dict.fromkeys((subject.ratio, *TIED_RATIOS)):
        short, long = (_share_decided_by_ties(each, policy, ratio) for each in (few, record))
        if long > MOST_TIED >= short:
            what, where = "share of the budget that ties decide", f"{record.tokens} tokens, ratio {ratio}"
            return Violation(what, f"{long:.0%}", f"at most {MOST_TIED:.0%}, as in {SHORT} tokens", where, layer=0)
    return None


def _share_decided_by_ties(record: PrefillRecord, policy: Policy, ratio: Fraction) -> float:
    """Return the largest share, over heads, of the budget that has the same score as an evicted entry."""
    budget = budget_entries(record.tokens, ratio)
    scores = policy.score(layer_record(record, policy, 0, 0, budget))
    shares = []
    for values, priority in zip(scores.values, scores.priority, strict=True):
        room = budget - int((priority != Priority.FREE).sum())
        free = values[priority == Priority.FREE].sort(descending=True).values
        if 0 < room < len(free):
            kept, evicted = (int((part == free[room - 1]).sum()) for part in (free[:room], free[room:]))
            shares.append(kept / budget if evicted else 0.0)
    return max(shares, default=0.0)
