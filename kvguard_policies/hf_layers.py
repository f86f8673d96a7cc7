"""The layers of a cache: the only file that touches transformers' cache internals.

Some layers of a model hold keys and values, some hold recurrent states, some both, and some nothing.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from torch import Tensor
from transformers import Cache, DynamicCache, GenerationMixin, PreTrainedModel, cache_utils
from transformers.cache_utils import CacheLayerMixin

from kvguard_policies.records import PolicyError
from kvguard_policies.recurrent_states import NO_STATES, RecurrentStates

__all__ = [
    "CACHE_ARGUMENTS",
    "IdleLayer",
    "LayersWithoutEntries",
    "RecurrentLayer",
    "UnmaskedLayer",
    "cache_parameter",
    "layers_without_entries",
    "quantized_layer",
    "require_written",
    "sliding_cache",
]

_Recurrent: Any = getattr(cache_utils, "LinearAttentionCacheLayerMixin", object)
_Idle: Any = getattr(cache_utils, "DummyLayer", object)

OTHERS = "another model, with recurrent layers e.g. Qwen3.5 or Granite 4"


CACHE_ARGUMENTS = ("past_key_values", "cache")
"""The names of the argument that takes a cache, before and since transformers 5.24."""


@functools.cache
def cache_parameter(model_class: Any) -> str:
    """Return the name in the signature of a model; a wrapper that takes any argument gets the name of the release."""
    functions = (model_class.forward, GenerationMixin.prepare_inputs_for_generation)
    names = [name for function in functions for name in inspect.signature(function).parameters]
    return next(name for name in names if name in CACHE_ARGUMENTS)


class UnmaskedLayer(CacheLayerMixin):
    """The interface that transformers requires of a cache layer; masks and positions are handled in this package."""

    is_sliding = False
    longest = 0
    seen = 0

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Do nothing; subclasses allocate their own buffers."""

    def get_seq_length(self, *args: Any) -> int:
        """Return the true sequence length, which is the next token's position, not the number of kept entries."""
        return self.seen

    def get_mask_sizes(self, *args: Any) -> tuple[int, int]:
        """Return the length and offset of a mask; unused, since the ragged kernel builds its own."""
        return self.longest + 1, 0

    def get_max_length(self) -> int:
        """Return -1, which means no maximum."""
        return -1

    get_max_cache_shape = get_max_length  # its name in transformers 5.2


class RecurrentLayer(_Recurrent):
    """A layer of a cache through which a model reads and writes the states that the cache owns.

    Attributes:
        owner: the cache; its ``states`` are those of all its recurrent layers.
        index: of the layer in the model.
    """

    owner: Any
    index: int

    def __init__(self, owner: Any, index: int) -> None:
        # The attributes of the base class are the states themselves, which belong to the owner.
        self.owner, self.index = owner, index

    def __getattr__(self, name: str) -> Any:
        """Return what transformers' own layer has of this name, such as its states."""
        if name.startswith("__") or name in ("owner", "index"):
            raise AttributeError(name)
        return getattr(self.owner.states.layers[self.index], name)

    def lazy_initialization(self, *states: Any, **options: Any) -> None:
        """Do nothing; transformers' own layer does it when it is written."""

    def update_conv_state(self, *arguments: Any, **options: Any) -> Tensor:
        """Write the state of a convolution, and return all that the convolution reads."""
        return self.owner.states.layers[self.index].update_conv_state(*arguments, **options)  # type: ignore[no-any-return]

    def update_recurrent_state(self, *arguments: Any, **options: Any) -> Tensor:
        """Write a recurrent state, and return it."""
        return self.owner.states.layers[self.index].update_recurrent_state(*arguments, **options)  # type: ignore[no-any-return]


class IdleLayer(_Idle):
    """A layer of a cache that holds nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.is_initialized = False  # which layers that attend to images ask for

    def get_seq_length(self, *args: Any) -> int:
        """Return 0, which such layers ask for in transformers 5.2."""
        return 0


@dataclass(frozen=True)
class LayersWithoutEntries:
    """The layers of a model, as a cache of transformers would hold them.

    Attributes:
        count: all layers.
        states: the recurrent ones, before the first token.
        idle: indices of the layers without keys and values, recurrent ones included.
    """

    count: int
    states: RecurrentStates
    idle: frozenset[int]


def layers_without_entries(model: PreTrainedModel) -> LayersWithoutEntries:
    """Return which layers of a model a cache holds without keys and values, with new, empty states.

    Raises:
        PolicyError: no layer has keys and values, or the family takes no cache but its own.
    """
    config = model.config.get_text_config()
    if own_class := _own_cache_class(model):
        raise PolicyError(
            f"The family {config.model_type!r} takes no cache but one of its own making ({own_class.__name__}), which "
            f"no policy can compress. {_remedy(own_class)}"
        )
    try:
        layers = DynamicCache(config=model.config).layers
    except (AttributeError, KeyError):  # types of layers that only the model's own code knows
        layers = []
    # Layers that attend to an image cache nothing in a conversation without one.
    to_images = frozenset(getattr(config, "cross_attention_layers", None) or ())
    if not layers:  # all attend
        return LayersWithoutEntries(config.num_hidden_layers, NO_STATES, to_images)
    _require_known(layers, config.model_type)
    states = {index: _empty(layer) for index, layer in enumerate(layers) if _is_recurrent(layer)}
    idle = to_images | {index for index, layer in enumerate(layers) if not isinstance(layer, CacheLayerMixin)}
    if len(idle) == len(layers):
        raise PolicyError(
            f"The family {config.model_type!r} has no layer that attends, so there is no KV cache to compress. Use a "
            "model with attention layers, such as Llama or Qwen."
        )
    return LayersWithoutEntries(len(layers), RecurrentStates(states), idle)


def _require_known(layers: Sequence[Any], family: str) -> None:
    """Refuse layers that choose the entries which a query reads, or hold them in a form that their model defines.

    Raises:
        PolicyError: there is such a layer.
    """
    for layer in layers:
        how = ""
        if "Indexed" in type(layer).__name__:
            how = "lets an index of its own choose the entries that each query reads (sparse attention)"
        elif type(layer).__module__ != cache_utils.__name__:
            how = f"caches entries in a form of its own ({type(layer).__name__})"
        if how:
            raise PolicyError(
                f"The family {family!r} {how}, which a compressed cache cannot follow. Use a model whose layers read "
                "all that they cache, such as Llama, Qwen or DeepSeek V3."
            )


def require_written(states: RecurrentStates, model: PreTrainedModel) -> None:
    """Refuse a model that keeps states elsewhere than in its cache, so that conversations would share them.

    Args:
        states: those of a cache that the model has read some tokens with.
        model: the model.

    Raises:
        PolicyError: a recurrent layer wrote no state.
    """
    if states.unwritten:
        raise PolicyError(
            f"The family {model.config.get_text_config().model_type!r} keeps the states of its recurrent layers in the "
            f"model instead of its cache, where conversations cannot be kept apart. Use {OTHERS}."
        )


def _own_cache_class(model: PreTrainedModel) -> type | None:
    """Return the class of caches that a family of transformers defines for itself; None if it takes the common ones.

    Buffers of convolutions over audio are named alike, and classes of layers belong into a common cache. What code
    outside of transformers does with its classes is unknown here; it shows when the model runs.
    """
    code = type(model).__module__
    if not code.startswith("transformers."):
        return None
    own = (
        value for value in vars(import_module(code)).values() if isinstance(value, type) and value.__module__ == code
    )
    caches = (value for value in own if value.__name__.endswith("Cache") and not issubclass(value, CacheLayerMixin))
    return next((value for value in caches if not value.__name__.endswith("PaddingCache")), None)


def _remedy(own_class: type) -> str:
    if _Recurrent is object and not issubclass(own_class, Cache):
        return "Upgrade transformers: pip install -U 'transformers>=5.23'"
    return f"Use {OTHERS}."


def _is_recurrent(layer: Any) -> bool:
    return _Recurrent is not object and isinstance(layer, _Recurrent)


def _empty(layer: Any) -> Any:
    """Return what holds the states of a new layer of transformers: itself, unless it also has keys and values."""
    if not isinstance(layer, CacheLayerMixin):
        return layer
    # Releases differ in whether a layer may have more than one state of a kind.
    options = {"number_of_states": layer.number_of_states} if hasattr(layer, "number_of_states") else {}
    return cache_utils.LinearAttentionLayer(**options)


def quantized_layer(class_name: str, **options: Any) -> Any:
    """Return a new, empty layer of transformers' quantized caches.

    Args:
        class_name: e.g. ``QuantoQuantizedLayer``.
        options: keyword arguments of that class.

    Raises:
        PolicyError: this release of transformers has no such class.
    """
    if (layer_class := getattr(cache_utils, class_name, None)) is None:
        upgrade = "Upgrade it: pip install -U 'transformers>=5.23'"
        raise PolicyError(f"this release of transformers has no {class_name}. {upgrade}")
    return layer_class(**options)


def sliding_cache(layers: int, window: int) -> Cache:
    """Return an empty cache of transformers in which every layer holds the newest ``window - 1`` tokens."""
    return Cache(layers=[cache_utils.DynamicSlidingWindowLayer(sliding_window=window) for _ in range(layers)])
