"""What the quantizers that transformers brings share: options, and groups that come out even."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from kvguard_policies.policy import PolicyError
from kvguard_policies.quantizers.layer_store import LayerStore
from kvguard_policies.quantizers.quantizer import Quantizer

__all__ = ["LayerQuantizer", "check_choice"]


@dataclass(frozen=True)
class LayerQuantizer(Quantizer):
    """Stores rows in a layer of ``transformers.QuantizedCache``, whose code packs, unpacks and decides when.

    A subclass says how a layer is made, and for which numbers per token it would break at some lengths.
    """

    @abstractmethod
    def make_layer(self) -> Any:
        """Return a new, empty layer of transformers."""

    def check_even(self, numbers: int) -> None:
        """Raise ``PolicyError`` where groups come out even at some lengths only.

        Args:
            numbers: H * D, what one token adds to keys and to values.
        """

    def store(self, keys: Tensor, values: Tensor) -> LayerStore:
        """See ``Quantizer.store``.

        Raises:
            PolicyError: groups do not come out even at every length, or transformers or its backend fails.
        """
        self.check_even(keys.shape[0] * keys.shape[2])
        try:
            # Backends compile or script on their first use, and warn of what is not ours to change.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                return LayerStore(self.make_layer(), keys, values)
        except Exception as error:
            raise PolicyError(
                f"{self.spec} cannot store {keys.shape[1]} tokens of {keys.shape[0]} heads: its backend says "
                f"{type(error).__name__}: {error}. Check its options, and its package with `pip check`."
            ) from error


def check_choice(name: str, value: object, allowed: tuple[int, ...]) -> None:
    """Raise ``PolicyError`` unless an option has one of the values that transformers takes."""
    if value not in allowed or isinstance(value, bool):
        raise PolicyError(
            f"{name}={value!r} is not one of {', '.join(map(str, allowed))}; write e.g. {name}={allowed[0]}"
        )
