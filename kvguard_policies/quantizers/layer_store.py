"""A store around one layer of a transformers cache, so that its own code packs, unpacks and decides when."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor

from kvguard_policies.stores import Store, Stretch

__all__ = ["LayerStore", "held_bytes"]


class LayerStore(Store):
    """Holds the rows of one context in a layer of ``transformers.QuantizedCache``.

    Args:
        layer: a new ``BaseQuantizedLayer``, or ``QuantizedLayer`` of releases without that.
        keys, values: (H, S, D), the context; packed as a whole, as by every quantized cache.
    """

    def __init__(self, layer: Any, keys: Tensor, values: Tensor) -> None:
        self._layer = layer
        layer.update(keys[None], values[None])

    @property
    def nbytes(self) -> int:
        """See ``Store``."""
        layer = self._layer
        return held_bytes([layer._quantized_keys, layer._quantized_values, layer.keys, layer.values])

    @property
    def exact_rows(self) -> tuple[int, int]:
        """See ``Store``."""
        waiting = self._layer.keys
        rows = waiting.shape[-2] if waiting.dim() == 4 else 0
        return rows, rows

    def read(self) -> tuple[Tensor, Tensor]:
        """See ``Store``."""
        layer = self._layer
        keys, values = (layer._dequantize(packed)[0] for packed in (layer._quantized_keys, layer._quantized_values))
        if layer.keys.dim() == 4:
            keys, values = torch.cat([keys, layer.keys[0]], dim=1), torch.cat([values, layer.values[0]], dim=1)
        return keys, values

    def append(self, keys: Tensor, values: Tensor) -> tuple[Stretch, Stretch]:
        """Hand new rows to the layer; all rows are read as it returns them."""
        if not keys.shape[1]:
            return (0, keys), (0, values)
        read = self._layer.update(keys[None], values[None])
        return (0, read[0][0]), (0, read[1][0])

    def copy(self) -> LayerStore:
        """See ``Store``; a layer replaces its tensors and never writes into them."""
        twin = object.__new__(LayerStore)
        twin._layer = copy.copy(self._layer)
        return twin


def held_bytes(held: Any) -> int:
    """Return the bytes of all tensors in a nest of lists, tuples, dicts and tensors made of other tensors."""
    if isinstance(held, dict):
        return held_bytes(list(held.values()))
    if isinstance(held, list | tuple):
        return sum(held_bytes(part) for part in held)
    if not isinstance(held, Tensor):
        return 0
    if hasattr(held, "__tensor_flatten__"):
        return held_bytes([getattr(held, name) for name in held.__tensor_flatten__()[0]])
    return held.nbytes
