"""Recordings of attention calls with the tokens that went into the cache before them, whatever the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn
from transformers import Cache, PreTrainedModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from pytest_kvguard.invariants.tracing import attention_function
from pytest_kvguard.invariants.violation import NotApplicable

__all__ = ["LayerCall", "ModelCall", "calls_watched", "require_attention"]


@dataclass(frozen=True)
class LayerCall:
    """One call of an attention function.

    Attributes:
        queries: (B, Hq, Q, D), rotated.
        new_keys, new_values: (B, H, Q, D), the tokens of this call, as the model handed them to its cache.
        keys, values: (B, H, S, D), what the cache returned and attention read.
        output: (B, Q, Hq, D).
        options: ``scaling`` and all other arguments of the model.
    """

    queries: Tensor
    new_keys: Tensor
    new_values: Tensor
    keys: Tensor
    values: Tensor
    output: Tensor
    options: Mapping[str, Any]


@dataclass(frozen=True)
class ModelCall:
    """One call of a model.

    Attributes:
        ids: (B, Q) int64.
        positions: (B, Q) int64; None where the model counts them itself.
        layers: the call of each layer's attention, by index.
    """

    ids: Tensor
    positions: Tensor | None
    layers: dict[int, LayerCall] = field(default_factory=dict)


@contextmanager
def calls_watched(model: PreTrainedModel, kernel: str) -> Iterator[list[ModelCall]]:
    """Record every call of a model and of the attention function of this name inside the block.

    Tensors are copied, because caches write into their buffers later.
    """
    watch = _Watch(kernel)
    handle = model.register_forward_pre_hook(watch.begin, with_kwargs=True)
    ALL_ATTENTION_FUNCTIONS[kernel] = watch.attend
    try:
        yield watch.calls
    finally:
        handle.remove()
        for cache in watch.caches:
            del cache.update
        del ALL_ATTENTION_FUNCTIONS[kernel]
        if watch.overridden is not None:
            ALL_ATTENTION_FUNCTIONS[kernel] = watch.overridden


class _Watch:
    """The recorder of ``calls_watched``: the tokens that go into a cache, then the attention over what it returns."""

    def __init__(self, kernel: str) -> None:
        self.kernel = kernel
        self.overridden = ALL_ATTENTION_FUNCTIONS._local_mapping.get(kernel)
        self.calls: list[ModelCall] = []
        self.caches: list[Any] = []
        self._new: dict[int, tuple[Tensor, Tensor]] = {}

    def begin(self, _: nn.Module, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Note a call of the model, and watch the cache that it is given, of whatever class."""
        positions = options.get("position_ids")
        ids = args[0] if args else options["input_ids"]
        self.calls.append(ModelCall(ids.clone(), None if positions is None else positions.clone()))
        cache = next((value for value in options.values() if isinstance(value, Cache)), None)
        if cache is not None and "update" not in vars(cache):
            self.caches.append(cache)
            cache.update = self._noting(cache.update)

    def _noting(self, update: Callable[..., Any]) -> Callable[..., Any]:
        def append(keys: Tensor, values: Tensor, layer_idx: int, *args: Any, **options: Any) -> Any:
            self._new[layer_idx] = keys.detach().clone(), values.detach().clone()
            return update(keys, values, layer_idx, *args, **options)

        return append

    def attend(self, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, *rest: Any, **options: Any) -> Any:
        """Call the attention function, and note what it read and returned."""
        function = attention_function(self.kernel, self.overridden, module)
        output = function(module, query, key, value, *rest, **options)
        layer = int(module.layer_idx)  # type: ignore[arg-type]
        if self.calls and layer in self._new:
            new_keys, new_values = self._new.pop(layer)
            queries, keys, values, result = (each.detach().clone() for each in (query, key, value, output[0]))
            self.calls[-1].layers[layer] = LayerCall(queries, new_keys, new_values, keys, values, result, options)
        return output


def require_attention(calls: Sequence[ModelCall]) -> None:
    """Raise ``NotApplicable`` unless attention was seen in every call of a model: else nothing was compared."""
    if not calls or not all(call.layers for call in calls):
        raise NotApplicable("the model calls no registered attention function")
