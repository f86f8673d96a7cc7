"""Whether a model computes attention in code of its own instead of a registered function: asked of the model, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface, DynamicCache, PreTrainedModel
from transformers.masking_utils import eager_mask

from kvguard_policies.followed_keys import Trace, follow
from kvguard_policies.hf_layers import cache_parameter
from kvguard_policies.latents import caches_latents
from kvguard_policies.recording import Recorder
from kvguard_policies.records import Layout, PolicyError
from kvguard_policies.step_plan import KernelStep

__all__ = ["OwnAttention", "own_attention"]

ASKING = "kvguard_asking"
WINDOWS = ("window_size", "sliding_window", "attention_window")
"""Names of the settings by which families with code of their own restrict what a layer sees."""

MOST_TOKENS = 4096


@dataclass(frozen=True)
class OwnAttention:
    """What is known of a model that computes attention in code of its own.

    Attributes:
        kernels: the names by which its code tells apart how it computes attention.
        windows: by layer that is restricted, the tokens that it sees.
    """

    kernels: frozenset[str]
    windows: Mapping[int, int] = field(default_factory=dict)

    def kernel(self, name: str) -> str:
        """Return the name of the code that runs for a kernel."""
        return name if name in self.kernels else "sdpa" if "sdpa" in self.kernels and name != "eager" else "eager"


_KNOWN: WeakKeyDictionary[PreTrainedModel, OwnAttention | None] = WeakKeyDictionary()


def own_attention(model: PreTrainedModel) -> OwnAttention | None:
    """Return what is known of a model's own attention code; None where a registered function reads its cache."""
    if model not in _KNOWN:
        _KNOWN[model] = _asked(model)
    return _KNOWN[model]


def _asked(model: PreTrainedModel) -> OwnAttention | None:
    changeable: Any = getattr(model, "_can_set_attn_implementation", lambda: True)
    if caches_latents(model.__class__) or (changeable() and not _reads_elsewhere(model)):
        return None
    kernels = frozenset({"eager", *(["sdpa"] if getattr(model, "_supports_sdpa", False) else [])})
    return OwnAttention(kernels, _windows(model))


class _AskingCache(DynamicCache):  # type: ignore[misc]
    """Notes which keys reach a registered function as they were returned."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__(config=model.config)
        self.returned: set[int] = set()
        self.read: set[int] = set()

    def update(self, key_states: Tensor, value_states: Tensor, layer_idx: int, *args: Any, **named: Any) -> Any:
        """See ``DynamicCache.update``."""
        keys, values = super().update(key_states, value_states, layer_idx, *args, **named)
        self.returned.add(layer_idx)
        keys._asked_by = self, layer_idx
        return keys, values


def _note(module: Any, query: Tensor, key: Tensor, value: Tensor, *_: Any, **__: Any) -> tuple[Tensor, None]:
    if (asked := getattr(key, "_asked_by", None)) is not None:
        cache, layer = asked
        cache.read.add(layer)
    return query.new_zeros(len(query), query.shape[2], query.shape[1], value.shape[-1]), None


AttentionInterface.register(ASKING, _note)
AttentionMaskInterface.register(ASKING, eager_mask)


@torch.no_grad()
def _reads_elsewhere(model: PreTrainedModel) -> bool:
    """Return whether the keys of some layer reach no registered function, or reach it changed."""
    before = model.config._attn_implementation
    try:
        cache = _AskingCache(model)
        model.set_attn_implementation(ASKING)
        _read(model, cache, 2)
    except Exception:  # noqa: BLE001 - what breaks here breaks again where it is reported
        return False
    finally:
        model.set_attn_implementation(before)
    return not cache.returned <= cache.read


class _FollowingCache(DynamicCache):  # type: ignore[misc]
    """Follows the keys of a prefill, so that a recorder learns which layers are restricted."""

    def __init__(self, model: PreTrainedModel, tokens: int) -> None:
        super().__init__(config=model.config)
        self.recorder = Recorder((), Layout(tokens), _no_rotation)

    def update(self, key_states: Tensor, value_states: Tensor, layer_idx: int, *args: Any, **named: Any) -> Any:
        """See ``DynamicCache.update``."""
        keys, values = super().update(key_states, value_states, layer_idx, *args, **named)
        return follow(keys, Trace(KernelStep(layer_idx, "eager", None, [self.recorder], [0]), keys)), values


def _no_rotation(layer: int) -> Any:
    raise PolicyError(f"nothing asks how layer {layer} rotates")


@torch.no_grad()
def _windows(model: PreTrainedModel) -> dict[int, int]:
    """Return the tokens that each restricted layer sees, read off a call that is longer than what settings name."""
    config = model.config.get_text_config()
    sizes = [size for name in WINDOWS if isinstance(size := getattr(config, name, None), int)]
    if not sizes or max(sizes) >= MOST_TOKENS:
        return {}
    try:
        cache = _FollowingCache(model, max(sizes) + 1)
        _read(model, cache, max(sizes) + 1)
    except Exception:  # noqa: BLE001 - what breaks here breaks again where it is reported
        return {}
    return dict(cache.recorder.windows)


def _read(model: Any, cache: DynamicCache, tokens: int) -> None:
    vocabulary = model.config.get_text_config().vocab_size
    ids = torch.arange(tokens, device=model.device)[None] % max(1, vocabulary - 3) + min(2, vocabulary - 1)
    model(input_ids=ids, **{cache_parameter(model.__class__): cache}, use_cache=True)
