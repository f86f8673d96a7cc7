"""Multi-head latent attention: a cache holds one latent per token, from which a layer makes the keys of all its heads.

The keys that reach the attention function are made of what the cache returned, so they carry nothing of the cache. It
is passed beside them instead, and the step is carried over to them here.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import import_module
from typing import Any

from torch import Tensor, nn

__all__ = ["BESIDE", "caches_latents", "carry_over", "is_ragged"]

BESIDE = "ragged_cache"
"""The argument of a model's call under which the cache reaches the attention function."""


@functools.cache
def caches_latents(model_class: Any) -> bool:
    """Return whether layers of a class of models cache latents, as those of DeepSeek do since transformers 5.23."""
    code = vars(import_module(model_class.__module__)).values()
    return any(isinstance(value, type) and hasattr(value, "expand_kv") for value in code)


def is_ragged(cache: object) -> bool:
    """Return whether a cache is a ragged or a shelved one."""
    return hasattr(cache, "step") or hasattr(cache, "shelves")


def carry_over(cache: Any, module: nn.Module, key: Tensor, value: Tensor) -> None:
    """Attach to expanded keys what a ragged or a shelved cache attached to the latents that it returned.

    Args:
        cache: the cache that the module has just written to.
        module: the attention module.
        key: (B, Hq, S, D), made of the latents of a ragged cache, or of the new tokens alone with a shelved one.
        value: (B, Hq, S, D), likewise.
    """
    expand = getattr(module, "expand_kv", None)
    if expand is None:
        return
    shelves = getattr(cache, "shelves", None)
    if shelves is None:
        _attach(cache.step, expand, key, value)
    else:
        key._shelved_parts = [_expanded(shelf, expand) for shelf in shelves]  # type: ignore[attr-defined]


def _expanded(shelf: Any, expand: Callable[..., tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Return the keys and values of all entries of a ragged cache in the layer that was written last."""
    step, rows = shelf.step, shelf.rows
    latents = shelf.layers[step.layer].keys[:rows, :, : step.values.shape[2]]
    key, value = expand(latents, step.values)
    _attach(step, expand, key, value)
    return key, value


def _attach(step: Any, expand: Callable[..., tuple[Tensor, Tensor]], key: Tensor, value: Tensor) -> None:
    step.values, step.expand = value, expand
    key._ragged_step = step  # type: ignore[attr-defined]
