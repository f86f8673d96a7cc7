"""Base of the quantizers of transformers: a store around one layer of its quantized cache, and checks of options."""

from __future__ import annotations

import copy
import warnings
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from kvguard_policies.policy import PolicyError
from kvguard_policies.quantizers.quantizer import Quantizer
from kvguard_policies.stores import ChangedRange, Store

__all__ = ["LayerQuantizer", "LayerStore", "check_choice", "held_bytes"]


@dataclass(frozen=True)
class LayerQuantizer(Quantizer):
    """Stores entries in a layer of ``transformers.QuantizedCache``, whose code packs and unpacks, and decides when.

    A subclass defines ``make_layer`` and, if its layer fails at some lengths, ``check_even``.
    """

    heads_share: ClassVar[bool] = True

    @abstractmethod
    def make_layer(self) -> Any:
        """Return a new, empty layer of transformers' quantized cache."""

    def check_even(self, numbers: int) -> None:
        """Raise ``PolicyError`` if whole quantization groups are possible at some context lengths only.

        Args:
            numbers: H * D, the numbers that one token adds to the keys, and to the values.
        """

    def store(self, keys: Tensor, values: Tensor) -> LayerStore:
        """See ``Quantizer.store``.

        Raises:
            PolicyError: quantization groups are not whole at every length, or transformers or its backend fails.
        """
        self.check_even(keys.shape[0] * keys.shape[2])
        try:
            # Backends compile on first use, with deprecation warnings that their users cannot act on.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                return LayerStore(self.make_layer(), keys, values)
        except Exception as error:
            raise PolicyError(
                f"{self.spec} cannot store {keys.shape[1]} tokens of {keys.shape[0]} heads: its backend says "
                f"{type(error).__name__}: {error}. Check its options, and its package with `pip check`."
            ) from error


def check_choice(name: str, value: object, allowed: tuple[int, ...]) -> None:
    """Raise ``PolicyError`` unless an option has one of the values that transformers accepts."""
    if value not in allowed or isinstance(value, bool):
        raise PolicyError(
            f"{name}={value!r} is not one of {', '.join(map(str, allowed))}; write e.g. {name}={allowed[0]}"
        )


class LayerStore(Store):
    """A store that holds the entries of one context in a layer of ``transformers.QuantizedCache``.

    Args:
        layer: a new ``BaseQuantizedLayer``, or ``QuantizedLayer`` in older releases.
        keys, values: (H, S, D), the context; packed as a whole, as in every quantized cache.
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
    def exact_tokens(self) -> tuple[int, int]:
        """See ``Store``."""
        residual = self._layer.keys
        tokens = residual.shape[-2] if residual.dim() == 4 else 0
        return tokens, tokens

    def read(self) -> tuple[Tensor, Tensor]:
        """See ``Store``."""
        layer = self._layer
        keys, values = (layer._dequantize(packed)[0] for packed in (layer._quantized_keys, layer._quantized_values))
        if layer.keys.dim() == 4:
            keys, values = torch.cat([keys, layer.keys[0]], dim=1), torch.cat([values, layer.values[0]], dim=1)
        return keys, values

    def append(self, keys: Tensor, values: Tensor) -> tuple[ChangedRange, ChangedRange]:
        """Append to the layer; it returns all keys and values, so all of them count as changed."""
        if not keys.shape[1]:
            return (0, keys), (0, values)
        read = self._layer.update(keys[None], values[None])
        return (0, read[0][0]), (0, read[1][0])

    def copy(self) -> LayerStore:
        """See ``Store``; a shallow copy suffices, since a layer replaces its tensors and never writes into them."""
        twin = object.__new__(LayerStore)
        twin._layer = copy.copy(self._layer)
        return twin


def held_bytes(nested: Any) -> int:
    """Return the bytes of all tensors in nested lists, tuples and dicts, also inside tensor subclasses."""
    if isinstance(nested, dict):
        return held_bytes(list(nested.values()))
    if isinstance(nested, list | tuple):
        return sum(held_bytes(part) for part in nested)
    if not isinstance(nested, Tensor):
        return 0
    if hasattr(nested, "__tensor_flatten__"):
        return held_bytes([getattr(nested, name) for name in nested.__tensor_flatten__()[0]])
    return nested.nbytes
