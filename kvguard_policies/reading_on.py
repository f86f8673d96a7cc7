"""Whether a model with recurrent layers reads on exactly in a call of several tokens: tried out, once per model."""

from __future__ import annotations

from types import MappingProxyType
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from transformers import PreTrainedModel

from kvguard_policies.attention import forget_longest_call, ragged_attention
from kvguard_policies.hf_cache import RaggedCache, cache_argument

__all__ = ["carries_on"]

TOKENS, HELD = 24, 13
"""Tokens that are read, and how many of them are in the cache when the rest follows in one call."""

TOLERANCES = MappingProxyType({torch.float32: 2e-3, torch.float16: 0.02})
LOW_PRECISION = 0.06
"""The largest difference of logits that is rounding, as a share of their deviation. A model that is wrongly found to
forget is read token by token, which is slower and no less exact."""

_KNOWN: WeakKeyDictionary[PreTrainedModel, bool] = WeakKeyDictionary()


def carries_on(model: PreTrainedModel, kernel: str = "sdpa") -> bool:
    """Return whether the states of recurrent layers are carried into a call of several tokens.

    Some families of transformers start such calls from nothing. A model without recurrent layers carries on.
    """
    if model not in _KNOWN:
        _KNOWN[model] = not RaggedCache.empty(model).states or _tried(model, kernel)
    return _KNOWN[model]


@torch.no_grad()
def _tried(model: PreTrainedModel, kernel: str) -> bool:
    vocabulary = model.config.get_text_config().vocab_size
    ids = torch.randint(min(3, vocabulary - 1), vocabulary, (1, TOKENS), generator=torch.Generator().manual_seed(0))
    once, twice = (_logits(model, kernel, ids.to(model.device), first) for first in (0, HELD))
    error = (twice - once).square().mean(-1).sqrt() / once.std(-1).clamp_min(1e-9)
    return bool((error <= TOLERANCES.get(model.dtype, LOW_PRECISION)).all())


def _logits(model: PreTrainedModel, kernel: str, ids: Tensor, held: int) -> Tensor:
    """Return the logits (TOKENS - HELD, V) of the last tokens, after a first call of ``held`` tokens."""
    cache = RaggedCache.empty(model, kernel)
    forget_longest_call(model)
    positions = torch.arange(TOKENS, device=ids.device)[None]
    with ragged_attention(model, kernel):
        for first, last in ((0, held), (held, TOKENS)):
            if first < last:
                passed = cache_argument(model, cache)
                output = model(input_ids=ids[:, first:last], **passed, position_ids=positions[:, first:last])
    logits: Tensor = output.logits[0, HELD - TOKENS :].float()
    return logits
