"""fp8: transformers' quantized cache in 8-bit floating point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from kvguard_policies.hf_layers import quantized_layer
from kvguard_policies.quantizers.layer_quantizer import LayerQuantizer

__all__ = ["FP8"]


@dataclass(frozen=True)
class FP8(LayerQuantizer):
    """``QuantizedCache(backend="fp8")``: e4m3 with one scale for the keys of a layer and one for its values.

    The context sets the scales. Later tokens are quantized at once; the cast clips numbers beyond the scale.
    Source: transformers, ``Fp8QuantizedLayer``. Differs: the rows of a batch do not share scales.
    """

    name: ClassVar[str] = "fp8"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.make_layer()

    def make_layer(self) -> Any:
        """See ``LayerQuantizer``."""
        return quantized_layer("Fp8QuantizedLayer")
