"""Scores of expected attention from the queries that a model's own attention modules compute for positions to come.

Nothing here knows how a family rotates, normalises or scales: each attention module computes the queries of the context
once for every position to come, and the moments are those of their averages.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, PreTrainedModel

from pytest_kvguard.invariants.arms import attention_set

__all__ = ["expected_attention_scores"]

CATCHING = "kvguard_catch_queries"


class _CaughtError(Exception):
    """Carries queries out of an attention module."""

    def __init__(self, query: Tensor) -> None:
        self.query = query


def _catch(module: Any, query: Tensor, *_: Any, **__: Any) -> Any:
    raise _CaughtError(query)


AttentionInterface.register(CATCHING, _catch)


@torch.no_grad()
def expected_attention_scores(
    model: PreTrainedModel,
    ids: Sequence[int],
    read: Mapping[int, tuple[Tensor, Tensor]],
    layers: Collection[int],
    future: int,
    sinks: int,
) -> dict[int, Tensor]:
    """Return, by layer, the scores (H, T) of the paper's formula.

    Args:
        model: a model whose attention modules take ``position_embeddings``.
        ids: the context, T tokens.
        read: by layer, the keys and values (H, T, D) that attention reads.
        layers: indices of the layers to score, which attend to everything.
        future: the number of positions to come.
        sinks: the first tokens, which count neither as queries nor as keys.
    """
    with _attention_inputs(model) as inputs:
        model(torch.tensor([list(ids)]), use_cache=True)
    with attention_set(model, CATCHING):
        return {
            layer: _scores(model, module, arguments, read[layer], (len(ids), future, sinks))
            for layer, (module, arguments) in inputs.items()
            if layer in layers
        }


@contextmanager
def _attention_inputs(model: PreTrainedModel) -> Iterator[dict[int, tuple[Any, dict[str, Any]]]]:
    """Collect the module and the arguments of each layer's attention."""
    seen: dict[int, tuple[Any, dict[str, Any]]] = {}

    def take(module: Any, positional: Any, named: dict[str, Any]) -> None:
        names = ("hidden_states", "position_embeddings")
        arguments = {**dict(zip(names, positional, strict=False)), **named}
        kept = {name: value for name, value in arguments.items() if name not in ("cache", "position_ids")}
        seen[module.layer_idx] = module, {**kept, "past_key_values": None}

    handles = [
        module.register_forward_pre_hook(take, with_kwargs=True)
        for module in model.modules()
        if hasattr(module, "layer_idx") and hasattr(module, "scaling")
    ]
    yield seen
    for handle in handles:
        handle.remove()


def _scores(
    model: Any, module: Any, arguments: dict[str, Any], read: tuple[Tensor, Tensor], sizes: tuple[int, int, int]
) -> Tensor:
    """Return the scores (H, T) of a layer; ``read`` has its keys and values, ``sizes`` T, the future and the sinks."""
    tokens, future, sinks = sizes
    if getattr(module, "attn_logit_softcapping", None):
        raise NotImplementedError("the formula has no softcap")
    if getattr(module, "sinks", None) is not None:
        raise NotImplementedError("the formula has no sinks")
    upcoming = [_queries_at(model, module, arguments, tokens, tokens + step) for step in range(future)]
    mean_query = torch.stack(upcoming).mean(0)[:, sinks:]
    keys, values = read
    shares = []
    for head, queries in enumerate(mean_query):
        own = keys[head // (len(mean_query) // len(keys))]
        mean, covariance = queries.mean(0), torch.cov(queries.T, correction=0)
        logits = module.scaling * own @ mean + module.scaling**2 / 2 * ((own @ covariance) * own).sum(-1)
        logits[:sinks] = -torch.inf
        shares.append(logits.softmax(0))
    scores: Tensor = torch.stack(shares).view(len(keys), -1, tokens).mean(1) * values.norm(dim=-1)
    return scores


def _queries_at(model: Any, module: Any, arguments: dict[str, Any], tokens: int, position: int) -> Tensor:
    """Return the queries (Hq, T, D) that a module computes if every token stands at one position."""
    embedding = next(part for name, part in model.named_modules() if name.endswith("rotary_emb"))
    layer = module.layer_idx
    kinds = model.config.get_text_config().layer_types if getattr(embedding, "layer_types", None) else None
    by_type = {"layer_type": kinds[layer]} if kinds else {}
    places = torch.full((1, tokens), position)
    changed = {"position_embeddings": embedding(torch.ones(1), places, **by_type)}
    if "position_ids" in inspect.signature(module.forward).parameters:
        changed["position_ids"] = places
    try:
        module(**{**arguments, **changed})
    except _CaughtError as caught:
        return caught.query[0]
    raise AssertionError("no attention ran")
