"""Scores of policies by their formulas, from the weights and keys that transformers itself returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel

from benchmarks.expected_queries import expected_attention_scores
from benchmarks.model_reference import cached_keys, eager_weights, keys_read, shares_beside_sinks

__all__ = ["EXPECTED_ATTENTION", "expected_scores"]

SNAPKV_WINDOW, SNAPKV_POOL = 16, 5
FUTURE, SINKS = 9, 4
EXPECTED_ATTENTION = f"expected_attention(future={FUTURE}, sinks={SINKS})"


def expected_scores(
    spec: str, model: PreTrainedModel, ids: Sequence[int], heads: Mapping[int, int]
) -> dict[int, Tensor]:
    """Return the scores (H, T) of a policy by layer; empty if they cannot be computed without the guard.

    Args:
        spec: a policy of default options, or ``EXPECTED_ATTENTION``.
        model: the model.
        ids: the context.
        heads: by index of the layers to score, H, the heads that attention tells apart there.
    """
    layers = list(heads)
    held = cached_keys(model, ids)
    latent = getattr(model.config.get_text_config(), "kv_lora_rank", None)
    makes_keys = any(latent == held[layer][0].shape[-1] for layer in layers if layer in held)
    read = keys_read(model, ids) if makes_keys else held
    if spec == EXPECTED_ATTENTION:
        return _of_layers(expected_attention_scores(model, ids, read, heads, FUTURE, SINKS), heads)
    if spec in _FROM_KEYS:
        return _of_layers({layer: _FROM_KEYS[spec](keys.float()) for layer, (keys, _) in read.items()}, heads)
    if spec not in _FROM_WEIGHTS or any(layer not in held for layer in layers):
        return {}
    weights = eager_weights(model, ids)
    places = sorted(held)
    if len(weights) != len(places) and len(weights) <= max(layers):
        return {}
    by_layer = dict(zip(places, weights, strict=True)) if len(weights) == len(places) else dict(enumerate(weights))
    without_sinks = [layer for layer in layers if _sinks_left_out(model, layer, by_layer[layer])]
    shares = shares_beside_sinks(model, ids) if without_sinks else {}
    attention = {
        layer: by_layer[layer] * (shares[layer][..., None] if layer in without_sinks else 1) for layer in layers
    }
    grouped = {layer: _by_group(model, attention[layer], heads[layer]) for layer in layers}
    return {layer: _FROM_WEIGHTS[spec](weights) for layer, weights in grouped.items()}


def _by_group(model: PreTrainedModel, weights: Tensor, heads: int) -> Tensor:
    """Return weights (Hq, T, T) as (H, G, T, T); JetMoE repeats its KV heads all together instead of one by one."""
    is_tiled = model.config.model_type == "jetmoe"
    grouped: Tensor = weights.unflatten(0, (-1, heads) if is_tiled else (heads, -1))
    return grouped.transpose(0, 1) if is_tiled else grouped


def _of_layers(scores: dict[int, Tensor], heads: Mapping[int, int]) -> dict[int, Tensor]:
    """Return the mean scores (H, T) of the heads that share an entry, or nothing unless all layers have some."""
    if not scores.keys() >= heads.keys():
        return {}
    return {layer: scores[layer].unflatten(0, (count, -1)).mean(1) for layer, count in heads.items()}


def _sinks_left_out(model: PreTrainedModel, layer: int, weights: Tensor) -> bool:
    """Return whether a module has sinks and yet returns weights (Hq, T, T) that sum to 1 over the keys."""
    modules = (module for module in model.modules() if getattr(module, "layer_idx", None) == layer)
    has_sinks = any(getattr(module, "sinks", None) is not None for module in modules)
    return has_sinks and bool(((weights.sum(-1) - 1).abs() < 1e-4).all())


def _norms(keys: Tensor) -> Tensor:
    return -keys.square().sum(-1).sqrt()


def _unlikeness(keys: Tensor) -> Tensor:
    directions = keys / keys.norm(dim=-1, keepdim=True)
    mean = directions.mean(1, keepdim=True)
    similarity: Tensor = (directions * mean).sum(-1) / mean.norm(dim=-1)
    return -similarity


def _sums(weights: Tensor) -> Tensor:
    """Return the attention (H, T) that keys receive, from weights (H, G, T, T)."""
    return weights.sum(2).mean(1)


def _means(weights: Tensor) -> Tensor:
    seen_by = torch.arange(weights.shape[-1], 0, -1)
    return (weights.sum(2) / seen_by).mean(1)


def _last(weights: Tensor) -> Tensor:
    return weights[:, :, -1].mean((0, 1)).expand(weights.shape[0], -1)


def _window(weights: Tensor) -> Tensor:
    """Return the pooled attention of the window's queries to the keys before them, and 0 for its own keys."""
    tokens = weights.shape[-1]
    before = tokens - SNAPKV_WINDOW
    mean = weights[:, :, before:].mean(2)
    reach = SNAPKV_POOL // 2
    padded = torch.nn.functional.pad(mean[..., :before], (reach, reach))
    pooled = sum(padded[..., shift : shift + before] for shift in range(SNAPKV_POOL)) / SNAPKV_POOL
    assert isinstance(pooled, Tensor)
    return torch.nn.functional.pad(pooled.mean(1), (0, SNAPKV_WINDOW))


_FROM_KEYS: dict[str, Callable[[Tensor], Tensor]] = {"keydiff": _unlikeness, "knorm": _norms}
_FROM_WEIGHTS: dict[str, Callable[[Tensor], Tensor]] = {
    "h2o": _sums,
    "observed_attention": _means,
    "snapkv": _window,
    "tova": _last,
}
