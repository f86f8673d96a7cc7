"""One interface to compressed contexts, in our cache or in a cache that a policy filled itself."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import torch
from transformers import Cache, PreTrainedModel

from kvguard_policies.attention import attention_kernel, forget_longest_call
from kvguard_policies.compression import PrefillRecord, compress
from kvguard_policies.hf_cache import CompactCache, cache_argument
from kvguard_policies.policy import OwnCache, Policy, PolicyError
from kvguard_policies.quantization import AllExactError
from kvguard_policies.quantizers.quantizer import Quantizer
from pytest_kvguard.invariants.arms import ask, context_of, evicted, recorded
from pytest_kvguard.invariants.shadow import Shadow
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer, traced
from pytest_kvguard.invariants.violation import NotApplicable, Refused

__all__ = [
    "LONGER",
    "Context",
    "Evicted",
    "OwnContext",
    "Recorded",
    "compressed",
    "filled",
    "keeping_policy",
    "long_enough",
    "our_policy",
    "scoring_policy",
]


class Context(Protocol):
    """A compressed context, as an oracle uses it."""

    @property
    def tokens(self) -> int:
        """Length of the context before compression."""

    def counts(self) -> list[list[int]]:
        """Return the number of entries of each KV head, layer by layer."""

    def ask(self, ids: Sequence[int]) -> Answer:
        """Feed tokens after the context and return the answer; the context does not change."""


@dataclass(frozen=True)
class Evicted:
    """A context in our cache."""

    model: PreTrainedModel
    cache: CompactCache
    kernel: str

    @property
    def tokens(self) -> int:
        """See ``Context``."""
        return self.cache.seen_tokens

    def counts(self) -> list[list[int]]:
        """See ``Context``."""
        return [[len(positions) for positions in layer.positions] for layer in self.cache.layers]

    def ask(self, ids: Sequence[int]) -> Answer:
        """See ``Context``."""
        return ask(self.model, self.cache, ids, self.kernel)


@dataclass(frozen=True)
class OwnContext:
    """A context in a cache that a policy filled."""

    model: PreTrainedModel
    cache: Cache
    kernel: str
    tokens: int
    policy: OwnCache | None = None

    def counts(self) -> list[list[int]]:
        """See ``Context``; entries that are held but masked do not count, nor does unused room."""
        held = [[_entries_of(layer)] * layer.keys.shape[1] for layer in self.cache.layers]
        attended = self.policy.attended(self.cache) if self.policy else [None] * len(held)
        return [counts if mask is None else mask.sum(1).tolist() for counts, mask in zip(held, attended, strict=True)]

    @property
    def next_position(self) -> int:
        """The position of the next token, as the policy says."""
        return self.policy.next_position(self.cache, self.tokens) if self.policy else self.tokens

    def ask(self, ids: Sequence[int]) -> Answer:
        """See ``Context``."""
        return self.ask_in_pieces(ids, [len(ids)])

    @torch.no_grad()
    def ask_in_pieces(self, ids: Sequence[int], pieces: Sequence[int]) -> Answer:
        """Feed tokens in several calls after a copy of the context, and return the answer to all of them."""
        fed = torch.tensor([list(ids)], device=self.model.device)
        cache, start = copy.deepcopy(self.cache), self.next_position
        positions = torch.arange(start, start + len(ids), device=fed.device)[None]
        logits = []
        forget_longest_call(self.model)
        with (
            attention_kernel(self.model, self.kernel),
            self.policy.going_on(self.model, cache) if self.policy else nullcontext(),
            traced(self.kernel) as trace,
        ):
            for part, where in zip(fed.split(list(pieces), 1), positions.split(list(pieces), 1), strict=True):
                logits.append(self.model(part, **cache_argument(self.model, cache), position_ids=where).logits[0])
        return Answer(torch.cat(logits), trace.row())


def _entries_of(layer: Any) -> int:
    """Return how many entries a layer of any cache holds, its unused room left out."""
    return min(int(layer.keys.shape[2]), int(layer.get_seq_length()))


def compressed(
    subject: Subject,
    model: PreTrainedModel,
    ids: Sequence[int],
    ratio: Fraction | None = None,
    policy: Policy | None = None,
) -> Context:
    """Compress a context under a subject's policy and ratio, unless others are given, and return it."""
    ratio = subject.ratio if ratio is None else ratio
    policy = policy or subject.required_policy
    if isinstance(policy, OwnCache):
        return filled(subject, model, ids, ratio, policy)
    return Evicted(model, evicted(model, ids, policy, ratio, subject.kernel), subject.kernel)


def filled(
    subject: Subject, model: PreTrainedModel, ids: Sequence[int], ratio: Fraction, policy: OwnCache
) -> OwnContext:
    """Return a context in the cache that a policy fills.

    Raises:
        Refused: the policy does not run on this model, and says so.
    """
    forget_longest_call(model)
    try:
        with torch.no_grad(), attention_kernel(model, subject.kernel):
            cache = policy.fill(model, torch.tensor([list(ids)], device=model.device), ratio)
    except PolicyError as error:
        raise Refused(f"the policy refuses this model: {error}") from error
    return OwnContext(model, cache, subject.kernel, len(ids), policy)


@dataclass(frozen=True)
class Recorded:
    """A context in our cache, with the exact vectors that it was compressed from."""

    record: PrefillRecord
    cache: CompactCache
    policy: Policy | None

    def shadow(self) -> Shadow:
        """Return what the context must hold, built anew from the exact vectors."""
        return Shadow(self.record, self.cache, self.policy)


LONGER = (0, 64, 128, 256, 512)
"""Tokens that are added to a context until a quantizer packs some of it; whole blocks, so that residues stay."""


def long_enough(
    subject: Subject,
    model: PreTrainedModel,
    tokens: int,
    seed: int = 0,
    ratio: Fraction | None = None,
) -> Recorded:
    """Compress a context of ``tokens`` tokens, or of some blocks more where a quantizer leaves so few exact.

    Raises:
        NotApplicable: the policy fills a cache of its own, or nothing is packed at any of these lengths.
    """
    policy = our_policy(subject)
    ratio = subject.ratio if ratio is None else ratio
    for more in LONGER:
        record = recorded(model, context_of(model, tokens + more, seed), policy, subject.kernel)
        try:
            return Recorded(record, compress(record, policy, ratio), policy)
        except AllExactError:
            continue
    raise NotApplicable(f"the quantizer leaves {tokens + LONGER[-1]} tokens exact, all of them")


def our_policy(subject: Subject) -> Policy:
    """Return the policy, which works on our caches.

    Raises:
        NotApplicable: there is none, or it fills a cache of its own.
    """
    policy = subject.required_policy
    if isinstance(policy, OwnCache):
        raise NotApplicable("the policy fills a cache of its own, with no scores or priorities to look at")
    return policy


def scoring_policy(subject: Subject) -> Policy:
    """Return the policy that chooses the entries in our caches: the subject's own, or the one its quantizer wraps.

    Raises:
        NotApplicable: there is no policy, it evicts nothing, or it fills a cache of its own.
    """
    policy = our_policy(subject)
    if not isinstance(policy, Quantizer):
        return policy
    if policy.base is None:
        raise NotApplicable("a quantizer alone chooses no entries: it keeps all of them")
    return policy.base


def keeping_policy(subject: Subject) -> Policy | None:
    """Return the policy that chooses the entries in our caches; None for a quantizer that keeps all of them.

    Raises:
        NotApplicable: there is no policy, or it fills a cache of its own.
    """
    policy = our_policy(subject)
    return policy.base if isinstance(policy, Quantizer) else policy
