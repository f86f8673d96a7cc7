"""One interface to compressed contexts, in our cache or in a cache that a policy filled itself."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import torch
from transformers import Cache, PreTrainedModel

from kvguard_policies.hf_cache import CompactCache, cache_argument
from kvguard_policies.policy import OwnCache, Policy
from kvguard_policies.quantizers.quantizer import Quantizer
from pytest_kvguard.invariants.arms import ask, attention_set, evicted
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer, traced
from pytest_kvguard.invariants.violation import NotApplicable

__all__ = ["Context", "Evicted", "OwnContext", "compressed", "scoring_policy"]


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
        """See ``Context``; entries that are held but masked do not count."""
        held = [[layer.keys.shape[2]] * layer.keys.shape[1] for layer in self.cache.layers]
        attended = self.policy.attended(self.cache) if self.policy else [None] * len(held)
        return [counts if mask is None else mask.sum(1).tolist() for counts, mask in zip(held, attended, strict=True)]

    @torch.no_grad()
    def ask(self, ids: Sequence[int]) -> Answer:
        """See ``Context``."""
        fed = torch.tensor([list(ids)], device=self.model.device)
        cache = copy.deepcopy(self.cache)
        start = self.policy.next_position(cache, self.tokens) if self.policy else self.tokens
        positions = torch.arange(start, start + len(ids), device=fed.device)[None]
        with (
            attention_set(self.model, self.kernel),
            self.policy.going_on(self.model, cache) if self.policy else nullcontext(),
            traced(self.kernel) as trace,
        ):
            logits = self.model(fed, **cache_argument(self.model, cache), position_ids=positions).logits
        return Answer(logits[0], trace.row())


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
    if not isinstance(policy, OwnCache):
        return Evicted(model, evicted(model, ids, policy, ratio, subject.kernel), subject.kernel)
    with torch.no_grad(), attention_set(model, subject.kernel):
        cache = policy.fill(model, torch.tensor([list(ids)], device=model.device), ratio)
    return OwnContext(model, cache, subject.kernel, len(ids), policy)


def scoring_policy(subject: Subject) -> Policy:
    """Return the policy that evicts from our caches: the subject's own, or the one that its quantizer wraps.

    Raises:
        NotApplicable: there is no policy, it evicts nothing, or it fills a cache of its own.
    """
    policy = subject.required_policy
    if isinstance(policy, Quantizer):
        if policy.base is None:
            raise NotApplicable("the policy evicts nothing")
        return policy.base
    if isinstance(policy, OwnCache):
        raise NotApplicable("the policy fills a cache of its own, whose entries cannot be identified")
    return policy
