"""Scores of expected attention from the queries that a model's own attention modules compute for positions to come.

Nothing here knows how a family rotates, normalises or scales: each attention module computes the queries of the context
once for every position to come, and the moments are those of their averages.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from transformers import AttentionInterface, PreTrainedModel

from kvguard_policies.attention import attention_kernel

__all__ = ["expected_attention_scores"]

CATCHING = "kvguard_catch_queries"


class _CaughtError(Exception):
    """Carries queries out of an attention module."""

    def __init__(self, query: Tensor) -> None:
        self.query = query


def _catch(module: Any, query: Tensor, *_: Any, **__: Any) -> Any:
    raise _CaughtError(query)


AttentionInterface.register(CATCHING, _catch)


class _CatchProduct(TorchFunctionMode):
    """Catches the queries of code that calls no registered function: the first factor of a product (…, T, T)."""

    def __init__(self, tokens: int) -> None:
        super().__init__()
        self.tokens = tokens

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run a function of torch, or raise if it multiplies queries and keys."""
        result = func(*args, **(kwargs or {}))
        if getattr(func, "__name__", "") in ("matmul", "__matmul__") and result.shape[-2:] == (self.tokens,) * 2:
            raise _CaughtError(args[0])
        return result


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
    with attention_kernel(model, CATCHING):
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
        seen[module.layer_idx] = module, {**kept, "layer_past" if "layer_past" in kept else "past_key_values": None}

    handles = [
        module.register_forward_pre_hook(take, with_kwargs=True)
        for module in model.modules()
        if hasattr(module, "layer_idx") and (hasattr(module, "scaling") or type(module).__name__.endswith("Attention"))
    ]
    yield seen
    for handle in handles:
        handle.remove()


def _scores(
    model: Any, module: Any, arguments: dict[str, Any], read: tuple[Tensor, Tensor], sizes: tuple[int, int, int]
) -> Tensor:
    """Return the scores (H, T) of a layer; ``read`` has its keys and values, ``sizes`` T, the future and the sinks."""
    tokens, future, sinks = sizes
    softcap, model_sinks = getattr(module, "attn_logit_softcapping", None), getattr(module, "sinks", None)
    upcoming = [_queries_at(model, module, arguments, tokens, tokens + step) for step in range(future)]
    mean_query = torch.stack(upcoming).mean(0)[:, sinks:]
    keys, values = read
    is_tiled = model.config.model_type == "jetmoe"  # which repeats its KV heads all together instead of one by one
    shares = []
    for head, queries in enumerate(mean_query):
        own = keys[head % len(keys) if is_tiled else head // (len(mean_query) // len(keys))]
        mean, covariance = queries.mean(0), torch.cov(queries.T, correction=0)
        scaling = getattr(module, "scaling", queries.shape[-1] ** -0.5)
        logits = scaling * own @ mean + scaling**2 / 2 * ((own @ covariance) * own).sum(-1)
        logits = softcap * torch.tanh(logits / softcap) if softcap else logits
        logits[:sinks] = -torch.inf
        # A sink of the model is one more logit, of a key without a value.
        beside = logits.new_empty(0) if model_sinks is None else model_sinks.reshape(-1)[head : head + 1].float()
        shares.append(torch.cat([logits, beside]).softmax(0)[:tokens])
    by_head = torch.stack(shares)
    grouped = (
        by_head.unflatten(0, (-1, len(keys))).mean(0) if is_tiled else by_head.unflatten(0, (len(keys), -1)).mean(1)
    )
    scores: Tensor = grouped * values.norm(dim=-1)
    return scores


def _queries_at(model: Any, module: Any, arguments: dict[str, Any], tokens: int, position: int) -> Tensor:
    """Return the queries (Hq, T, D) that a module computes if every token stands at one position."""
    embeddings = (part for name, part in model.named_modules() if name.endswith(("rotary_emb", ".pos_emb")))
    embedding, layer = next(embeddings, None), module.layer_idx
    kinds = model.config.get_text_config().layer_types if getattr(embedding, "layer_types", None) else None
    by_type = {"layer_type": kinds[layer]} if kinds else {}
    places = torch.full((1, tokens), position)
    changed: dict[str, Any] = {}
    if embedding is not None and arguments.get("position_embeddings") is not None:
        changed["position_embeddings"] = embedding(torch.ones(1), places, **by_type)
    if "position_ids" in inspect.signature(module.forward).parameters:
        changed["position_ids"] = places
    try:
        with nullcontext() if model._can_set_attn_implementation() else _CatchProduct(tokens):
            module(**{**arguments, **changed})
    except _CaughtError as caught:
        return caught.query[0]
    raise AssertionError("no attention ran")
