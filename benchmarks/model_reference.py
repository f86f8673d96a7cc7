"""What a model computes without the guard: transformers' own code, with evicted keys masked where some are evicted.

Nothing here uses a cache, a mask, a kernel or a recorder of the guard.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.cache_utils import Cache
from transformers.masking_utils import eager_mask

from kvguard_policies.attention import attention_kernel
from kvguard_policies.hf_cache import cache_argument

__all__ = [
    "Seen",
    "cached_keys",
    "eager_weights",
    "generated",
    "keys_read",
    "masked_logits",
    "plain_logits",
    "shares_beside_sinks",
    "stored_logits",
]

Seen = Mapping[int, Tensor]
"""By index of an attention layer, which keys a query sees, (H, T, T) bool by KV head, beside the model's own mask."""

KeysAndValues = tuple[Tensor, Tensor]

REFERENCE = "kvguard_reference"


@dataclass
class _Change:
    """What ``attend`` changes in the current call.

    Attributes:
        seen: what queries see.
        sources: the keys that transformers' own cache returned so far, with their layer.
        masked: the layers in which keys were masked.
    """

    seen: Seen = field(default_factory=dict)
    sources: list[tuple[Tensor, int]] = field(default_factory=list)
    masked: set[int] = field(default_factory=set)

    def layer_of(self, key: Tensor) -> int:
        """Return the layer whose keys are attended to: those that were cached as such, else those cached last.

        A layer without keys of its own attends to those of another one; a module that runs several times in a call
        has several layers.
        """
        return next((layer for keys, layer in self.sources if keys is key), self.sources[-1][1])


_change = _Change()


def attend(
    module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **options: Any
) -> Any:
    """Return the eager attention of the model's own code, over the keys that are seen.

    Args:
        module: the attention module.
        query: (1, Hq, T, D).
        key: (1, H, T, D).
        value: likewise.
        attention_mask: (1, 1, T, T), added to the weights; or None.
        options: all other arguments of the model.
    """
    eager = sys.modules[type(module).__module__].eager_attention_forward
    layer = _change.layer_of(key)
    if layer in _change.seen:
        _change.masked.add(layer)
        attention_mask = _masked(_by_query_head(_change, key, query.shape[1]), query, attention_mask)
    return eager(module, query, key, value, attention_mask, **options)


def _by_query_head(change: _Change, key: Tensor, query_heads: int) -> Tensor:
    """Return which keys each query head sees, (1, Hq, T, T); where keys were repeated, they say which head they are."""
    seen, source = change.seen[change.layer_of(key)], change.sources[-1][0]
    if key.shape[1] != source.shape[1] > 1 and len(seen) > 1:
        return seen[[int((source[0] - head).abs().sum((1, 2)).argmin()) for head in key[0]]][None]
    return seen.repeat_interleave(query_heads // len(seen), dim=0)[None]


def _masked(heads: Tensor, query: Tensor, mask: Tensor | None) -> Tensor:
    """Return the model's mask, (1, Hq, T, T), with what is not seen blocked."""
    tokens = query.shape[2]
    blocked = torch.finfo(query.dtype).min
    causal = torch.full((tokens, tokens), blocked).triu_(1) if mask is None else mask
    return torch.where(heads, causal, torch.full_like(causal, blocked))


AttentionInterface.register(REFERENCE, attend)
AttentionMaskInterface.register(REFERENCE, eager_mask)


class _MaskedSoftmax(TorchFunctionMode):
    """Masks keys in code that calls no registered function: in the softmax over a layer's logits.

    Args:
        change: what queries see, and which layer was cached last.
    """

    def __init__(self, change: _Change) -> None:
        super().__init__()
        self.change = change

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run a function of torch, after masking what it attends to."""
        named, name = dict(kwargs or {}), getattr(func, "__name__", "")
        if self.change.sources and self.change.sources[-1][1] in self.change.seen:
            key, layer = self.change.sources[-1]
            if name == "softmax" and args[0].shape[-2:] == (key.shape[2],) * 2:
                query_heads = args[0].numel() // key.shape[2] ** 2
                heads = _by_query_head(self.change, key, query_heads)
                blocked = args[0].masked_fill(~heads.view_as(args[0]), torch.finfo(args[0].dtype).min)
                self.change.masked.add(layer)
                return func(blocked, *args[1:], **named)
        return func(*args, **named)


NOTING = "kvguard_note_keys"

_read: dict[int, KeysAndValues] = {}
_shares: dict[int, Tensor] = {}


def _note(module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **options: Any) -> Any:
    _read[module.layer_idx] = key[0].float(), value[0].float()
    if getattr(module, "sinks", None) is not None:
        every_head = key[0].repeat_interleave(query.shape[1] // key.shape[1], dim=0)
        logits = (query[0] @ every_head.mT) * options["scaling"]
        visible = logits + (torch.full(logits.shape[1:], -torch.inf).triu(1) if mask is None else mask[0])
        _shares[module.layer_idx] = (visible.logsumexp(-1) - module.sinks.reshape(-1, 1)).sigmoid()
    return sys.modules[type(module).__module__].eager_attention_forward(module, query, key, value, mask, **options)


AttentionInterface.register(NOTING, _note)
AttentionMaskInterface.register(NOTING, eager_mask)


@torch.no_grad()
def keys_read(model: PreTrainedModel, ids: Sequence[int]) -> dict[int, KeysAndValues]:
    """Return, by layer, the keys and values (H, T, D) that attention reads, which may be made of what is cached."""
    _read.clear()
    with attention_kernel(model, NOTING):
        model(**_whole(model, ids), use_cache=False)
    return dict(_read)


def shares_beside_sinks(model: PreTrainedModel, ids: Sequence[int]) -> dict[int, Tensor]:
    """Return, by layer with sinks, the share (Hq, T) of each query's attention that the sink leaves to the keys."""
    _shares.clear()
    keys_read(model, ids)
    return dict(_shares)


@torch.no_grad()
def generated(model: PreTrainedModel, ids: Sequence[int], tokens: int) -> tuple[list[int], Tensor]:
    """Return what ``generate`` answers greedily, and its logits (tokens, V)."""
    plain: Any = model
    output = plain.generate(
        torch.tensor([list(ids)]),
        attention_mask=torch.ones(1, len(ids), dtype=torch.int64),
        max_new_tokens=tokens,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=0,
        output_logits=True,
        return_dict_in_generate=True,
    )
    return output.sequences[0, len(ids) :].tolist(), torch.cat(list(output.logits)).float()


@torch.no_grad()
def plain_logits(model: PreTrainedModel, ids: Sequence[int]) -> Tensor:
    """Return the logits (T, V) of one call of the plain model without a cache."""
    logits: Tensor = model(**_whole(model, ids), use_cache=False).logits[0].float()
    return logits


@torch.no_grad()
def masked_logits(model: PreTrainedModel, ids: Sequence[int], seen: Seen) -> Tensor:
    """Return the logits (T, V) of one call in which queries see some keys only."""
    global _change
    change = _change = _Change(seen)

    def note(held: KeysAndValues, layer: int, new: KeysAndValues) -> KeysAndValues:
        change.sources.append((held[0], layer))
        return held

    try:
        with attention_kernel(model, REFERENCE), _cached_through(note):
            logits: Tensor = model(**_whole(model, ids), use_cache=True).logits[0].float()
        if not change.masked:
            change.sources.clear()
            with attention_kernel(model, "eager"), _cached_through(note), _MaskedSoftmax(change):
                logits = model(**_whole(model, ids), use_cache=True).logits[0].float()
    finally:
        _change = _Change()
    if change.masked != seen.keys():
        raise NotImplementedError(f"of layers {sorted(seen)}, {sorted(change.masked)} could be masked")
    return logits


@torch.no_grad()
def stored_logits(
    model: PreTrainedModel, ids: Sequence[int], layers: Sequence[int], store: Callable[[Tensor, Tensor], Any]
) -> Tensor:
    """Return the logits (V,) of the last token, which reads what a quantizer stores of transformers' own cache.

    Args:
        model: the model.
        ids: all tokens.
        layers: the layers that are stored.
        store: returns a quantizer's store of keys and values (H, T - 1, D).
    """
    cache = _own_cache(model, ids[:-1])
    stores = {layer: store(cache.layers[layer].keys[0], cache.layers[layer].values[0]) for layer in layers}

    def read(held: KeysAndValues, layer: int, new: KeysAndValues) -> KeysAndValues:
        if layer not in stores:
            return held
        stores[layer].append(new[0][0], new[1][0])
        keys, values = stores[layer].read()
        return keys[None], values[None]

    places = torch.tensor([[len(ids) - 1]])
    with _cached_through(read):
        output = model(torch.tensor([[ids[-1]]]), **cache_argument(model, cache), position_ids=places)
    logits: Tensor = output.logits[0, -1].float()
    return logits


@contextmanager
def _cached_through(change: Callable[[KeysAndValues, int, KeysAndValues], KeysAndValues]) -> Iterator[None]:
    """Pass what transformers' own caches return through a function of it, the layer and the new keys and values."""
    whole = Cache.update

    def update(cache: Cache, keys: Tensor, values: Tensor, layer_idx: int, *rest: Any, **named: Any) -> Any:
        held = whole(cache, keys, values, layer_idx, *rest, **named)
        return change(held, layer_idx, (keys, values))

    with patch.object(Cache, "update", update):
        yield


@torch.no_grad()
def eager_weights(model: PreTrainedModel, ids: Sequence[int]) -> list[Tensor]:
    """Return the attention weights (Hq, T, T) that the eager model returns, of each layer that attends."""
    with attention_kernel(model, "eager"):
        output = model(**_whole(model, ids), use_cache=False, output_attentions=True)
    return [weights[0].float() for weights in output.attentions or () if isinstance(weights, Tensor)]


@torch.no_grad()
def cached_keys(model: PreTrainedModel, ids: Sequence[int]) -> dict[int, tuple[Tensor, Tensor]]:
    """Return the keys and values (H, T, D) that transformers' own cache holds of each layer that caches some."""
    cache = _own_cache(model, ids)
    layers = enumerate(getattr(cache, "layers", ()))
    return {index: (layer.keys[0], layer.values[0]) for index, layer in layers if _holds_entries(layer)}


def _whole(model: PreTrainedModel, ids: Sequence[int]) -> dict[str, Tensor]:
    """Return the arguments of one call, with the positions that ``generate`` passes where a model takes some."""
    arguments = {"input_ids": torch.tensor([list(ids)])}
    if "position_ids" in inspect.signature(model.forward).parameters:
        arguments["position_ids"] = torch.arange(len(ids))[None]
    return arguments


def _own_cache(model: PreTrainedModel, ids: Sequence[int]) -> Any:
    output = model(**_whole(model, ids), use_cache=True)
    return getattr(output, "past_key_values", None) or getattr(output, "cache", None)


def _holds_entries(layer: Any) -> bool:
    keys = getattr(layer, "keys", None)
    return isinstance(keys, Tensor) and keys.dim() == 4
