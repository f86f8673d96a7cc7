"""hqq: transformers' quantized cache on HQQ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from kvguard_policies.extras import check_extra
from kvguard_policies.hf_layers import quantized_layer
from kvguard_policies.policy import PolicyError
from kvguard_policies.quantizers.layer_quantizer import LayerQuantizer, check_choice
from kvguard_policies.quantizers.quantizer import check_at_least

__all__ = ["HQQ"]

PER_WORD = {8: 1, 4: 2, 3: 1, 2: 4, 1: 8}
"""By bits, how many groups HQQ packs together; with 3 bits it pads missing groups, so any number fits."""


@dataclass(frozen=True)
class HQQ(LayerQuantizer):
    """``QuantizedCache(backend="hqq")``: groups with optimized scales and zeros; the newest tokens stay exact.

    The context is packed as a whole. Later tokens stay exact until there are ``residual`` of them; then everything is
    unpacked and packed again. With axis 1 a group is neighbouring numbers, with axis 0 it is spread over the layer.
    Source: transformers, ``HQQQuantizedLayer``. Differs: the rows of a batch do not share scales.
    """

    name: ClassVar[str] = "hqq"
    bits: int = 4
    group: int = 64
    residual: int = 128
    key_axis: int = 0
    value_axis: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("bits", self.bits, tuple(sorted(PER_WORD, reverse=True)))
        check_at_least("group", self.group, 2)
        check_at_least("residual", self.residual, 1)
        check_choice("key_axis", self.key_axis, (0, 1))
        check_choice("value_axis", self.value_axis, (0, 1))
        if self.group % PER_WORD[self.bits]:
            raise PolicyError(
                f"group={self.group} cannot be packed at {self.bits} bits: it is not a multiple of "
                f"{PER_WORD[self.bits]}; write e.g. group=64"
            )
        check_extra("hqq", self.name)

    def make_layer(self) -> Any:
        """See ``LayerQuantizer``."""
        return quantized_layer(
            "HQQQuantizedLayer",
            nbits=self.bits,
            axis_key=self.key_axis,
            axis_value=self.value_axis,
            q_group_size=self.group,
            residual_length=self.residual,
        )

    def check_even(self, numbers: int) -> None:
        """See ``LayerQuantizer``."""
        side_by_side = 1 in (self.key_axis, self.value_axis)
        unit = self.group * (PER_WORD[self.bits] if side_by_side else 1)
        if numbers % unit:
            why = f"group={self.group}" + (f" at {self.bits} bits and axis 1" if side_by_side else "")
            raise PolicyError(
                f"{why} takes {unit} numbers at a time, and a token adds {numbers}, so groups would be whole at some "
                f"lengths only; write a group of which {numbers} is a multiple"
                + (", or key_axis=0, value_axis=0" if side_by_side else "")
            )
