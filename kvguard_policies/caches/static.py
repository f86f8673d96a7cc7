"""static: transformers' cache of a fixed size."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from torch import Tensor
from transformers import Cache, PreTrainedModel, StaticCache

from kvguard_policies.hf_cache import cache_argument
from kvguard_policies.policy import OwnCache, PolicyError

__all__ = ["Static"]


@dataclass(frozen=True)
class Static(OwnCache):
    """Holds everything in buffers with room for ``room`` tokens after the context; its bytes are those of the buffers.

    Source: transformers, ``StaticCache``. Differs: every context gets a new cache, and nothing is compiled.
    """

    name: ClassVar[str] = "static"
    lossless: ClassVar[bool] = True
    room: int = 512

    def __post_init__(self) -> None:
        if not isinstance(self.room, int) or self.room < 1:
            raise PolicyError(f"room={self.room!r} is not a whole number of 1 or more; it is tokens after the context")

    def fill(self, model: PreTrainedModel, token_ids: Tensor, ratio: Fraction) -> Cache:
        """See ``OwnCache.fill``."""
        cache = StaticCache(config=model.config, max_cache_len=token_ids.shape[1] + self.room)
        model(input_ids=token_ids, **cache_argument(model, cache), logits_to_keep=1)
        return cache
