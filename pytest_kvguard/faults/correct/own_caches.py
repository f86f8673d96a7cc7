"""Correct policies that fill caches of their own: with gaps, with shifted keys, in fewer bits, evicting later."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import torch
from torch import Tensor
from transformers import Cache, DynamicCache, PreTrainedModel

from kvguard_policies.hf_cache import cache_argument
from kvguard_policies.policy import OwnCache, PolicyError
from kvguard_policies.selection import budget_entries

__all__ = ["Int8Context", "Shifted", "SinksAndRecent", "SinksAndRing"]

SINKS = 4


def _prefilled(model: PreTrainedModel, token_ids: Tensor) -> DynamicCache:
    """Return transformers' own cache of a context.

    Raises:
        PolicyError: the model has layers of several kinds.
    """
    if len(set(getattr(model.config.get_text_config(), "layer_types", None) or [""])) > 1:
        raise PolicyError("the layers of this model differ; use one whose layers all attend to everything")
    cache = DynamicCache()
    model(input_ids=token_ids, **cache_argument(model, cache), logits_to_keep=1)
    return cache


def _kept(tokens: int, ratio: Fraction) -> Tensor:
    """Return the positions of the first tokens and of the newest ones, as many as the ratio leaves."""
    budget = budget_entries(tokens, ratio)
    sinks = min(SINKS, budget - 1)
    return torch.cat([torch.arange(sinks), torch.arange(tokens - budget + sinks, tokens)])


@dataclass(frozen=True)
class SinksAndRecent(OwnCache):
    """Holds the first tokens and the newest; every key stays at its true position."""

    name: ClassVar[str] = "sinks_and_recent"

    def fill(self, model: PreTrainedModel, token_ids: Tensor, ratio: Fraction) -> Cache:
        """See ``OwnCache.fill``."""
        cache = _prefilled(model, token_ids)
        kept = _kept(token_ids.shape[1], ratio).to(token_ids.device)
        for layer in cache.layers:
            layer.keys, layer.values = layer.keys[:, :, kept].clone(), layer.values[:, :, kept].clone()
        return cache


@dataclass(frozen=True)
class Shifted(SinksAndRecent):
    """Holds the same tokens, with keys turned back so that they stand one after the other."""

    name: ClassVar[str] = "shifted"

    def fill(self, model: PreTrainedModel, token_ids: Tensor, ratio: Fraction) -> Cache:
        """See ``OwnCache.fill``."""
        cache = super().fill(model, token_ids, ratio)
        kept = _kept(token_ids.shape[1], ratio).to(token_ids.device)
        back: Tensor = torch.arange(len(kept), device=kept.device) - kept
        rotary: Any = model.get_decoder().rotary_emb
        cos, sin = rotary(cache.layers[0].keys, back[None])
        for layer in cache.layers:
            first, second = layer.keys.chunk(2, dim=-1)
            layer.keys = layer.keys * cos[:, None] + torch.cat([-second, first], dim=-1) * sin[:, None]
        return cache

    def next_position(self, cache: Cache, tokens: int) -> int:
        """See ``OwnCache.next_position``."""
        return int(cache.get_seq_length())


@dataclass(frozen=True)
class Int8Context(OwnCache):
    """Holds all tokens of the context with 8 bits, one scale per token; later ones stay exact."""

    name: ClassVar[str] = "int8_context"

    def fill(self, model: PreTrainedModel, token_ids: Tensor, ratio: Fraction) -> Cache:
        """See ``OwnCache.fill``."""
        cache = _prefilled(model, token_ids)
        for layer in cache.layers if ratio else ():
            layer.keys, layer.values = (_rounded(half) for half in (layer.keys, layer.values))
        return cache


def _rounded(vectors: Tensor) -> Tensor:
    scale = vectors.abs().amax(-1, keepdim=True) / 127
    return (vectors / scale).round() * scale


class _RingCache(DynamicCache):  # type: ignore[misc]
    """Holds the first tokens and the newest, also while it grows.

    Args:
        most: number of tokens that a layer holds between two calls.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *args: Any, **options: Any
    ) -> tuple[Tensor, Tensor]:
        """Return everything that is held and the new tokens; then drop the oldest ones after the first."""
        read: tuple[Tensor, Tensor] = super().update(key_states, value_states, layer_idx, *args, **options)
        if read[0].shape[2] > self.most:
            layer, newest = self.layers[layer_idx], slice(SINKS - self.most, None)
            layer.keys, layer.values = (torch.cat([half[:, :, :SINKS], half[:, :, newest]], dim=2) for half in read)
        return read


@dataclass(frozen=True)
class SinksAndRing(OwnCache):
    """Holds the first tokens and the newest, ``most`` together, at any ratio, also while the model generates."""

    name: ClassVar[str] = "sinks_and_ring"
    most: int = 48

    def fill(self, model: PreTrainedModel, token_ids: Tensor, ratio: Fraction) -> Cache:
        """See ``OwnCache.fill``."""
        plain = _prefilled(model, token_ids)
        if not ratio:
            return plain
        cache = _RingCache(self.most)
        for index, layer in enumerate(plain.layers):
            cache.update(layer.keys, layer.values, index)
        return cache

    def evicts_later(self, cache: Cache) -> bool:
        """See ``OwnCache.evicts_later``."""
        return True
