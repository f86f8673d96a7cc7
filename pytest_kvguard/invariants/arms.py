"""The ways in which an oracle runs a model: without a cache, over one compressed context, over a batch of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import torch
from torch import Tensor
from transformers import PreTrainedModel

from kvguard_policies.attention import RAGGED, forget_longest_call, ragged_attention, rotation_depends_on_length
from kvguard_policies.compression import PrefillRecord, compress, prefill
from kvguard_policies.hf_cache import CompactCache, RaggedCache, cache_argument
from kvguard_policies.policy import Layout, Policy
from kvguard_policies.reading_on import carries_on
from pytest_kvguard.invariants.random_models import random_ids
from pytest_kvguard.invariants.tracing import Answer, traced
from pytest_kvguard.invariants.violation import NotApplicable

__all__ = [
    "QUESTION_TOKENS",
    "TOKENS",
    "ask",
    "context_of",
    "evicted",
    "feed",
    "feed_rows",
    "layout_of",
    "plain_answer",
    "question_of",
    "recorded",
    "require_shared_batches",
    "entries_of",
]

TOKENS = 96
"""Length of the context in tokens, unless an oracle needs another; longer than any usual observation window."""
QUESTION_TOKENS = 5
_LAYOUT = Layout(TOKENS, groups=(((8, 20),), ((24, 40), (50, 64))), forced=((10, 14),))


def context_of(model: PreTrainedModel, tokens: int = TOKENS, seed: int = 0) -> list[int]:
    """Return a context of distinct random ids of the model's vocabulary."""
    return random_ids(tokens, seed, model.config.get_text_config().vocab_size)


def question_of(model: PreTrainedModel, tokens: int = QUESTION_TOKENS, seed: int = 9) -> list[int]:
    """Return the token ids that are fed after a context."""
    return context_of(model, tokens, seed)


def layout_of(tokens: int = TOKENS) -> Layout:
    """Return a layout with two instruction spans and a forced interval; a short context forces its first token."""
    return replace(_LAYOUT, tokens=tokens, forced=_LAYOUT.forced if tokens > _LAYOUT.forced[0][1] else ((0, 1),))


def recorded(model: PreTrainedModel, ids: Sequence[int], policy: Policy | None, kernel: str = "sdpa") -> PrefillRecord:
    """Prefill a context, record what a policy needs, and return the record."""
    layout = layout_of(len(ids))
    return prefill(model, ids, layout, policy.needs(layout) if policy else (), kernel)


def evicted(
    model: PreTrainedModel, ids: Sequence[int], policy: Policy | None, ratio: Fraction, kernel: str = "sdpa"
) -> CompactCache:
    """Prefill a context, evict the entries that a policy chooses (None: none), and return the cache."""
    return compress(recorded(model, ids, policy, kernel), policy, ratio)


@torch.no_grad()
def feed(model: PreTrainedModel, cache: RaggedCache, ids: Sequence[int], start: int) -> Answer:
    """Feed tokens to a ragged cache, which grows, and return the answer; the first token has position ``start``.

    They are fed one by one after others if the model would forget its recurrent states in a longer call.
    """
    if start and len(ids) > 1 and not carries_on(model, cache.kernel):
        return Answer.joined([feed(model, cache, [token], start + place) for place, token in enumerate(ids)])
    tokens = torch.tensor([list(ids)], device=model.device)
    positions = torch.arange(start, start + len(ids), device=model.device)[None]
    forget_longest_call(model)
    with ragged_attention(model), traced(RAGGED) as trace:
        logits = model(tokens, **cache_argument(model, cache), position_ids=positions).logits
    return Answer(logits[0], trace.row())


def ask(model: PreTrainedModel, context: CompactCache, ids: Sequence[int], kernel: str = "sdpa") -> Answer:
    """Feed tokens after a compressed context and return the answer; the context does not change."""
    return feed(model, RaggedCache.of([context], kernel, reserve=len(ids)), ids, context.seen_tokens)


@torch.no_grad()
def feed_rows(
    model: PreTrainedModel, cache: RaggedCache, questions: Sequence[Sequence[int]], starts: Sequence[int]
) -> list[Answer]:
    """Feed every row of a ragged cache its own tokens, right-padded, and return one answer per row.

    Args:
        model: the model that computed the cache.
        cache: grows.
        questions: at least one token per row.
        starts: true position of each row's first token.

    Raises:
        NotApplicable: recurrent states would read the padding, or a row is rotated by the longest one.
    """
    if len(questions) > 1:
        require_shared_batches(model)
    if cache.states and len(set(map(len, questions))) > 1:
        raise NotApplicable("recurrent states would read padding, so such rows are fed apart")
    cache.fed = torch.tensor([len(ids) for ids in questions])
    width = max(map(len, questions))
    tokens = torch.tensor([[*ids, *[ids[-1]] * (width - len(ids))] for ids in questions], device=model.device)
    positions = torch.tensor(starts, device=model.device)[:, None] + torch.arange(width, device=model.device)
    forget_longest_call(model)
    with ragged_attention(model), traced(RAGGED) as trace:
        logits = model(tokens, **cache_argument(model, cache), position_ids=positions).logits
    cache.fed = None
    answers = (Answer(logits[row], trace.row(row)) for row in range(len(questions)))
    return [answer.tokens(0, len(ids)) for answer, ids in zip(answers, questions, strict=True)]


@torch.no_grad()
def plain_answer(model: PreTrainedModel, ids: Sequence[int], positions: Sequence[int] | None = None) -> Answer:
    """Return the answer of the plain model to a whole sequence, without a cache, with the attention it is set to.

    The mask is there because transformers would take gaps in the positions for the borders of packed sequences.
    """
    tokens = torch.tensor([list(ids)], device=model.device)
    where = None if positions is None else torch.tensor([list(positions)], device=model.device)
    forget_longest_call(model)
    with traced(model.config._attn_implementation) as trace:
        logits = model(tokens, position_ids=where, attention_mask=torch.ones_like(tokens), use_cache=False).logits
    return Answer(logits[0], trace.row())


def require_shared_batches(model: PreTrainedModel) -> None:
    """Raise ``NotApplicable`` for a model whose rows never share a batch, as each is rotated by the longest one."""
    if rotation_depends_on_length(model):
        raise NotApplicable("the model rotates a row by the longest row of its batch, so rows never share one")


def entries_of(context: CompactCache, layer: int, head: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the positions (n,), keys (n, D) and values (n, D) of one head's entries in a compressed context."""
    held = context.layers[layer]
    return held.positions[head], held.keys.split(held.counts)[head], held.values.split(held.counts)[head]
