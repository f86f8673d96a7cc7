"""fp8: transformers' quantized cache in 8-bit floating point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from transformers import cache_utils

from kvguard_policies.policy import PolicyError
from kvguard_policies.quantizers.layer_quantizer import LayerQuantizer

__all__ = ["FP8"]


@dataclass(frozen=True)
class FP8(LayerQuantizer):
    """``QuantizedCache(backend="fp8")``: e4m3 with one scale for the keys of a layer and one for its values.

    The context sets the scales; later tokens are stored at once, and numbers past the scale are cut by the cast.
    Source: transformers, ``Fp8QuantizedLayer``. Differs: conversations of a batch do not share scales.
    """

    name: ClassVar[str] = "fp8"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not hasattr(cache_utils, "Fp8QuantizedLayer"):
            raise PolicyError(
                "this release of transformers has no fp8 cache. Upgrade it: pip install -U 'transformers>=5.23'"
            )

    def make_layer(self) -> Any:
        """See ``LayerQuantizer``."""
        return cache_utils.Fp8QuantizedLayer()
