"""quanto: transformers' quantized cache on optimum-quanto."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from kvguard_policies.extras import check_extra
from kvguard_policies.hf_layers import quantized_layer
from kvguard_policies.policy import PolicyError
from kvguard_policies.quantizers.layer_quantizer import LayerQuantizer, check_choice
from kvguard_policies.quantizers.quantizer import check_at_least

__all__ = ["Quanto"]


@dataclass(frozen=True)
class Quanto(LayerQuantizer):
    """``QuantizedCache(backend="quanto")``: groups of neighbouring numbers of a layer; the newest tokens stay exact.

    The context is packed as a whole. Later tokens stay exact until there are ``residual`` of them; then everything is
    unpacked and packed again.
    Source: transformers, ``QuantoQuantizedLayer``. Differs: the rows of a batch do not share scales; axis -1, whose
    groups run over tokens and are whole at some lengths only, is not offered.
    """

    name: ClassVar[str] = "quanto"
    bits: int = 4
    group: int = 64
    residual: int = 128

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("bits", self.bits, (4, 2))
        check_at_least("group", self.group, 2)
        check_at_least("residual", self.residual, 1)
        check_extra("quanto", self.name)

    def make_layer(self) -> Any:
        """See ``LayerQuantizer``."""
        return quantized_layer(
            "QuantoQuantizedLayer", nbits=self.bits, q_group_size=self.group, residual_length=self.residual
        )

    def check_even(self, numbers: int) -> None:
        """See ``LayerQuantizer``."""
        if numbers % self.group:
            raise PolicyError(
                f"group={self.group} does not divide the {numbers} numbers that a token adds, so groups would be "
                f"whole at some lengths only; write e.g. group={largest_divisor(numbers, self.group)}"
            )


def largest_divisor(numbers: int, most: int) -> int:
    """Return the largest divisor of ``numbers`` up to ``most``."""
    return next(size for size in range(min(numbers, most), 0, -1) if numbers % size == 0)
