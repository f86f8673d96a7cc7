"""dynamic: transformers' own default cache, as a control."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from torch import Tensor
from transformers import Cache, DynamicCache, PreTrainedModel

from kvguard_policies.hf_cache import cache_argument
from kvguard_policies.policy import OwnCache

__all__ = ["Dynamic"]


@dataclass(frozen=True)
class Dynamic(OwnCache):
    """Holds everything; differences from the uncompressed run come from transformers' own code path alone.

    Source: transformers, ``DynamicCache``. Differs: none.
    """

    name: ClassVar[str] = "dynamic"
    lossless: ClassVar[bool] = True

    def fill(self, model: PreTrainedModel, token_ids: Tensor, ratio: Fraction) -> Cache:
        """See ``OwnCache.fill``."""
        cache = DynamicCache(config=model.config)
        model(input_ids=token_ids, **cache_argument(model, cache), logits_to_keep=1)
        return cache
