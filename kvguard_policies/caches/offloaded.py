"""offloaded: transformers' cache in CPU memory, with one layer at a time on the accelerator."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from torch import Tensor
from transformers import Cache, DynamicCache, PreTrainedModel

from kvguard_policies.hf_cache import cache_argument
from kvguard_policies.policy import OwnCache, PolicyError

__all__ = ["Offloaded"]


@dataclass(frozen=True)
class Offloaded(OwnCache):
    """Holds everything in CPU memory, and only the current layer on the accelerator.

    Source: transformers, ``DynamicCache(offloading=True)``. Differs: none.
    """

    name: ClassVar[str] = "offloaded"
    lossless: ClassVar[bool] = True

    def fill(self, model: PreTrainedModel, token_ids: Tensor, ratio: Fraction) -> Cache:
        """See ``OwnCache.fill``.

        Raises:
            PolicyError: the model runs on the CPU.
        """
        if model.device.type == "cpu":
            raise PolicyError(
                "offloaded moves layers off an accelerator, and the model runs on cpu, so there is nothing to measure. "
                "Use --kv-device, e.g. --kv-device=cuda:0"
            )
        cache = DynamicCache(config=model.config, offloading=True)
        model(input_ids=token_ids, **cache_argument(model, cache), logits_to_keep=1)
        return cache
