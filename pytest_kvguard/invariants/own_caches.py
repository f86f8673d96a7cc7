"""Questions to caches that a policy fills itself: which tokens they hold, and what attention reads of them.

On a model of one layer, a token's value depends on the token alone, and its key on the token and its position. So every
vector that attention reads can be recognised, however the policy keeps its entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from kvguard_policies.attention import attention_kernel, forget_longest_call, rotation_depends_on_length
from kvguard_policies.compression import PrefillRecord, prefill
from kvguard_policies.hf_cache import cache_argument
from kvguard_policies.policy import OwnCache
from pytest_kvguard.invariants.arms import TOKENS, context_of, question_of
from pytest_kvguard.invariants.attention_calls import LayerCall, ModelCall, calls_watched, require_attention
from pytest_kvguard.invariants.contexts import OwnContext, filled
from pytest_kvguard.invariants.differences import FLOAT32, difference, first_mismatch, told_apart
from pytest_kvguard.invariants.shadow import plain_attention
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = [
    "NEAR",
    "OWN_AMOUNT",
    "SAME",
    "ReadEntries",
    "entries_read",
    "in_pieces_violation",
    "is_altered",
    "own_context",
    "plain_context",
    "require_exact",
]

SAME = 1e-3
"""Distance below which two vectors are the same one, computed twice, as a share of their length."""

NEAR = 0.3
"""Distance up to which a vector that is stored in fewer bits is still known for that of its token and position."""

OTHER = 1.0
"""Distance from which on a vector is not another one stored in fewer bits, as a share of its length."""

OWN_AMOUNT = "the policy's own options set how many entries are kept, not the ratio"
"""Why the ratio does not concern a policy."""

OWN_ERRORS = 2.0
"""How far a cache that alters its entries may move an answer by packing them piece by piece, in errors that it makes
anyway: what is packed in between has an error of its own."""


def own_context(subject: Subject, model: PreTrainedModel, ids: Sequence[int]) -> OwnContext:
    """Return a context in the cache that the subject's policy fills."""
    policy = subject.required_policy
    assert isinstance(policy, OwnCache)
    return filled(subject, model, ids, subject.ratio, policy)


def plain_context(subject: Subject, model: PreTrainedModel, ids: Sequence[int]) -> OwnContext:
    """Return an uncompressed context in transformers' own cache."""
    cache = DynamicCache(config=model.config)
    forget_longest_call(model)
    with torch.no_grad(), attention_kernel(model, subject.kernel):
        model(torch.tensor([list(ids)], device=model.device), **cache_argument(model, cache))
    return OwnContext(model, cache, subject.kernel, len(ids))


def _pieces_with_room(subject: Subject, pieces: Sequence[int]) -> list[int]:
    """Return the first pieces for which a cache of a fixed size has room.

    Raises:
        NotApplicable: it has room for a single piece.
    """
    room = getattr(subject.policy, "room", None)
    fitting = [size for number, size in enumerate(pieces) if room is None or sum(pieces[: number + 1]) <= room]
    if len(fitting) < 2:
        raise NotApplicable(f"the cache has room for {room} tokens after the context, too few for two pieces")
    return fitting


def in_pieces_violation(subject: Subject, pieces: Sequence[int]) -> Violation | None:
    """Return how tokens in pieces are answered differently from the same tokens at once, or None.

    While a cache evicts, the answer may differ: then every call must read entries that may be held, and all of those.
    """
    pieces = _pieces_with_room(subject, pieces)
    model = subject.source.model()
    if rotation_depends_on_length(model):
        raise NotApplicable("the model rotates early tokens of a longer call otherwise, so answers in pieces differ")
    ids, more = context_of(model), question_of(model, sum(pieces))
    context = own_context(subject, model, ids)
    policy = subject.required_policy
    if isinstance(policy, OwnCache) and policy.evicts_later(context.cache):
        return _wrong_reading(subject, pieces)
    in_pieces, at_once = context.ask_in_pieces(more, pieces), context.ask(more)
    where = f"{len(pieces)} pieces of up to {max(pieces)} tokens"
    violation = difference(in_pieces, at_once, FLOAT32, where, context.next_position)
    if violation is None or not is_altered(subject):
        return violation
    if not at_once.heads:
        raise NotApplicable("the model calls no registered attention function, so an own error has no measure")
    return _beyond_own_error(in_pieces, at_once, plain_context(subject, model, ids).ask(more), where)


def _beyond_own_error(in_pieces: Answer, at_once: Answer, exact: Answer, where: str) -> Violation | None:
    """Return the first layer whose answer in pieces is further from that at once than the policy's own error."""
    for layer, parts in enumerate(zip(in_pieces.heads, at_once.heads, exact.heads, strict=True)):
        piecewise, once, plain = (part.double() for part in parts)
        moved, allowed = float((piecewise - once).norm()), OWN_ERRORS * float((once - plain).norm())
        if not moved <= allowed:
            observed, most = told_apart(moved, allowed)
            return Violation("error of the answer in pieces", observed, f"{most} or less", where, layer)
    return None


@dataclass(frozen=True)
class ReadEntries:
    """The entries that one KV head read in one call.

    Attributes:
        positions: (n,) int64, of the tokens whose values were read.
        keys, values: (n, D), as read.
        exact_keys: (n, D), of these tokens at their true positions.
        all_keys: (T, D), of all tokens at their true positions.
        distance: of the read values from the exact ones, as a share of their length, the largest.
    """

    positions: Tensor
    keys: Tensor
    values: Tensor
    exact_keys: Tensor
    all_keys: Tensor
    distance: float

    def before(self, position: int) -> ReadEntries:
        """Return the entries of the tokens before a position."""
        own = self.positions < position
        positions, keys, values, exact = (
            part[own] for part in (self.positions, self.keys, self.values, self.exact_keys)
        )
        return ReadEntries(positions, keys, values, exact, self.all_keys, self.distance)

    @property
    def key_distance(self) -> float:
        """The largest distance of the keys from the exact ones, as a share of their length."""
        return float(_distance(self.keys, self.exact_keys).max())

    def mismatched(self) -> tuple[int, int] | None:
        """Return the position of the first value that is held with another token's key, and that token's; or None."""
        distances = torch.cdist(self.keys.float(), self.all_keys.float(), compute_mode="donot_use_mm_for_euclid_dist")
        nearest, of_key = distances.min(dim=1)
        known = nearest <= SAME * self.keys.float().norm(dim=1)
        wrong = (known & (of_key != self.positions)).nonzero()[:, 0]
        return (int(self.positions[wrong[0]]), int(of_key[wrong[0]])) if len(wrong) else None

    @property
    def is_turned(self) -> bool:
        """Whether keys have their exact lengths, but not their directions: they are rotated to other positions."""
        lengths = self.keys.float().norm(dim=1), self.exact_keys.float().norm(dim=1)
        return self.key_distance > SAME and bool(((lengths[0] - lengths[1]).abs() <= SAME * lengths[1]).all())


@dataclass(frozen=True)
class Reading:
    """What attention read on a model of one layer, call by call and head by head.

    Attributes:
        context: the context.
        ids: of the context and of all tokens that were fed after it.
        heads: per call, per KV head.
        calls: the calls themselves.
    """

    context: OwnContext
    ids: list[int]
    heads: list[list[ReadEntries]]
    calls: list[ModelCall]


def entries_read(subject: Subject, pieces: Sequence[int]) -> Reading:
    """Feed tokens in pieces after a context on one layer, and return which entries each call read.

    Raises:
        NotApplicable: the model calls no registered attention, or its entries cannot be told apart.
    """
    own_context(subject, model := subject.source.model(), context_of(model))  # a refusal of the model itself counts
    if rotation_depends_on_length(model):
        raise NotApplicable("the model rotates early tokens of a longer call otherwise, so keys cannot be recognised")
    model = subject.source.one_layer()
    ids = context_of(model, TOKENS + sum(pieces))
    if len(set(ids)) < len(ids):
        raise NotApplicable("the vocabulary is too small for tokens that all differ, so entries cannot be told apart")
    context = own_context(subject, model, ids[:TOKENS])
    record = prefill(model, ids)
    with calls_watched(model, subject.kernel) as calls:
        context.ask_in_pieces(ids[TOKENS:], pieces)
    require_attention(calls)
    heads = [list(_read_by_head(call.layers[0], record, context)) for call in calls]
    return Reading(context, ids, heads, calls)


def _read_by_head(call: LayerCall, record: PrefillRecord, context: OwnContext) -> Iterator[ReadEntries]:
    attended = context.policy.attended(context.cache)[0] if context.policy else None
    for head, (keys, values) in enumerate(zip(call.keys[0], call.values[0], strict=True)):
        used = values.float().norm(dim=1) > 0  # a buffer of a fixed size has room that nothing was written to
        if attended is not None:
            used[: attended.shape[1]] &= attended[head].to(used.device)
        exact = record.values[0][head]
        distances = torch.cdist(values[used].float(), exact.float(), compute_mode="donot_use_mm_for_euclid_dist")
        nearest, positions = distances.min(dim=1)
        share = nearest / exact[positions].float().norm(dim=1)
        all_keys, largest = record.keys[0][head], float(share.max()) if len(share) else 0.0
        yield ReadEntries(positions, keys[used], values[used], all_keys[positions], all_keys, largest)


def _distance(vectors: Tensor, exact: Tensor) -> Tensor:
    distance: Tensor = (vectors.float() - exact.float()).norm(dim=1) / exact.float().norm(dim=1)
    return distance


def require_exact(reading: Reading, near: float = SAME) -> Violation | None:
    """Return the first entry that is lost, or that is none of its token, or None.

    Args:
        reading: on a model of one layer.
        near: the largest distance of a vector from the exact one, as a share of its length.

    Raises:
        NotApplicable: entries are altered by more, as if they were stored in fewer bits, merged or pruned.
    """
    for head, entries in enumerate(reading.heads[0]):
        held = reading.context.counts()[0][head] + len(reading.calls[0].ids[0])
        if len(entries.positions) != held:
            where = "one layer; vectors of zeros do not count"
            return Violation("number of entries read", str(len(entries.positions)), str(held), where, 0, head)
        if entries.distance >= OTHER:
            what = "distance of a value from the nearest token's, as a share of its length"
            return Violation(what, f"{entries.distance:.3g}", "0", "one layer", 0, head)
        if (pair := entries.mismatched()) and not entries.is_turned:
            what = "key that is held with a value"
            return Violation(what, f"that of position {pair[1]}", f"that of {pair[0]}", "one layer", 0, head, pair[0])
        if entries.distance > near:
            raise NotApplicable(f"the policy alters the values of its entries, by up to {entries.distance:.1%}")
        if entries.key_distance > near and not entries.is_turned:
            raise NotApplicable(f"the policy alters the keys of its entries, by up to {entries.key_distance:.1%}")
    return None


def is_altered(subject: Subject) -> bool:
    """Return whether the policy stores its entries otherwise than the model computed them, or it cannot be known."""
    try:
        return require_exact(entries_read(subject, [1])) is not None
    except NotApplicable:
        return True


def _wrong_reading(subject: Subject, pieces: Sequence[int]) -> Violation | None:
    """Return the first entry that a call read although it was evicted before, missed, or read twice, or None."""
    reading = entries_read(subject, pieces)
    if violation := require_exact(reading):
        return violation
    start, held = TOKENS, [set(range(TOKENS))] * len(reading.heads[0])
    for number, (size, heads) in enumerate(zip(pieces, reading.heads, strict=True)):
        new = set(range(start, start + size))
        for head, entries in enumerate(heads):
            where = f"one layer, call {number + 1} of {len(pieces)}, {size} tokens"
            violation = _wrong_entries(entries, new, held[head], where, head)
            if violation := violation or _wrong_output(reading.calls[number], entries, start, where, head, len(heads)):
                return violation
        held = [set(entries.positions.tolist()) for entries in heads]
        start += size
    return None


def _wrong_entries(entries: ReadEntries, new: set[int], held: set[int], where: str, head: int) -> Violation | None:
    positions = entries.positions.tolist()
    if len(set(positions)) < len(positions):
        twice = next(position for position in positions if positions.count(position) > 1)
        return Violation("an entry", "read twice", "read once", where, 0, head, twice)
    if missed := sorted(new - set(positions)):
        return Violation("an entry of this call", "not read", "read", where, 0, head, missed[0])
    if returned := sorted(set(positions) - new - held):
        return Violation("an entry that was evicted before", "read", "not read", where, 0, head, returned[0])
    if not entries.is_turned and (mismatch := first_mismatch(entries.keys, entries.exact_keys, FLOAT32)):
        return Violation("key", *mismatch[1], where, 0, head, positions[mismatch[0][0]])
    return None


def _wrong_output(
    call: ModelCall, entries: ReadEntries, start: int, where: str, head: int, heads: int
) -> Violation | None:
    layer = call.layers[0]
    grouped, outputs = layer.queries[0].unflatten(0, (heads, -1)), layer.output[0].transpose(0, 1)
    own = torch.arange(start, start + layer.queries.shape[2], device=entries.positions.device)[:, None]
    expected = plain_attention(grouped[head], entries.keys, entries.values, entries.positions <= own, layer.options)
    observed = outputs.unflatten(0, (heads, -1))[head].float()
    if mismatch := first_mismatch(observed, expected, FLOAT32):
        (member, token, _), values = mismatch
        query_head = head * grouped.shape[1] + member
        return Violation("attention output over the entries read", *values, where, 0, query_head, start + token)
    return None
