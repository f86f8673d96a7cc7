"""The reference of the sweep: the time that plain transformers would take at best, with nothing compressed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from transformers import DynamicCache, PreTrainedModel

from kvguard_policies import cache_argument

__all__ = ["BATCHES", "decode_rate", "reference_seconds"]

BATCHES = (32, 64, 128)
STEPS = 6

Clock = Callable[[], float]


@torch.no_grad()
def reference_seconds(model: PreTrainedModel, contexts: Sequence[Sequence[int]], tokens: int, clock: Clock) -> float:
    """Return the seconds of a prefill of each context plus ``tokens`` tokens at the best rate of ``BATCHES``."""
    start = clock()
    for context in contexts:
        cache = _prefilled(model, context)
    prefills = clock() - start
    return prefills + tokens / max(decode_rate(model, cache, rows, clock) for rows in BATCHES)


def _prefilled(model: PreTrainedModel, context: Sequence[int]) -> DynamicCache:
    cache = DynamicCache()
    model(
        input_ids=torch.tensor([list(context)], device=model.device), **cache_argument(model, cache), logits_to_keep=1
    )
    return cache


def decode_rate(model: PreTrainedModel, context: DynamicCache, rows: int, clock: Clock) -> float:
    """Return the tokens per second of a batch of equal rows with transformers' own cache and attention."""
    cache = DynamicCache()
    for index, layer in enumerate(context.layers):
        keys, values = (t.expand(rows, -1, -1, -1).contiguous() for t in (layer.keys, layer.values))
        cache.update(keys, values, index)
    tokens = torch.zeros(rows, 1, dtype=torch.int64, device=model.device)
    start = clock()
    for _ in range(STEPS):
        logits = model(input_ids=tokens, **cache_argument(model, cache), logits_to_keep=1).logits
        tokens = logits[:, -1].argmax(-1, keepdim=True)
    return rows * STEPS / (clock() - start)
