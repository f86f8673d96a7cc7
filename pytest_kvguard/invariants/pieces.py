"""Caches that are fed piece by piece, and the eager float32 reference for contexts of any length."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from kvguard_policies.attention import attention_kernel, rotation_depends_on_length
from kvguard_policies.hf_cache import CompactCache, RaggedCache, cache_argument
from pytest_kvguard.invariants.arms import feed
from pytest_kvguard.invariants.tracing import Answer, traced
from pytest_kvguard.invariants.violation import NotApplicable

__all__ = ["PIECES", "cut", "eager_answer", "feed_pieces"]

PIECES = (1, 7, 40, 1, 40)
"""Tokens of the calls that follow a context: a step of generation, a few tokens, more than a small window, and again,
so that buffers grow twice."""

BLOCK = 512
"""Tokens that the reference reads at a time, so that its attention weights fit in memory."""


def cut(ids: Sequence[int], pieces: Sequence[int] = PIECES) -> list[list[int]]:
    """Return token ids cut into pieces of these lengths, which may end before the ids do."""
    ends = [sum(pieces[: number + 1]) for number in range(len(pieces))]
    return [list(ids[end - size : end]) for end, size in zip(ends, pieces, strict=True)]


def feed_pieces(
    model: PreTrainedModel, context: CompactCache, pieces: Sequence[Sequence[int]], kernel: str, reserve: int = 0
) -> Answer:
    """Feed pieces after a context, each at the position that the cache reports, and return their joined answer.

    Raises:
        NotApplicable: the model rotates the tokens of a longer call otherwise.
    """
    if rotation_depends_on_length(model):
        raise NotApplicable("the model rotates early tokens of a longer call otherwise, so pieces differ")
    cache = RaggedCache.of([context], kernel, reserve)
    return Answer.joined([feed(model, cache, piece, cache.get_seq_length()) for piece in pieces])


@torch.no_grad()
def eager_answer(model: PreTrainedModel, ids: Sequence[int], positions: Sequence[int] | None = None) -> Answer:
    """Return the answer of eager attention to a whole sequence, read in blocks into transformers' own cache.

    Args:
        model: a model whose layers attend to everything.
        ids: the sequence.
        positions: the true position of each token; None for 0, 1, …
    """
    tokens = torch.tensor([list(ids)], device=model.device)
    where = torch.tensor([list(positions or range(len(ids)))], device=model.device)
    cache, logits = DynamicCache(), list[Tensor]()
    with attention_kernel(model, "eager"), traced("eager") as trace:
        for first in range(0, len(ids), BLOCK):
            block = slice(first, first + BLOCK)
            seen = torch.ones_like(tokens[:, : first + BLOCK])
            passed = cache_argument(model, cache)
            output = model(tokens[:, block], attention_mask=seen, position_ids=where[:, block], **passed)
            logits.append(output.logits[0])
    return Answer(torch.cat(logits), trace.row())
