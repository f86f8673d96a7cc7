"""sliding: transformers' cache of the newest tokens."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from torch import Tensor
from transformers import Cache, PreTrainedModel

from kvguard_policies.hf_cache import cache_argument
from kvguard_policies.hf_layers import sliding_cache
from kvguard_policies.policy import OwnCache, PolicyError

__all__ = ["Sliding"]


@dataclass(frozen=True)
class Sliding(OwnCache):
    """Holds the newest ``window - 1`` tokens in every layer, at any ratio.

    The context is prefilled with full attention, then all but its newest tokens are dropped. Tokens of the same call
    also see each other.
    Source: transformers, ``DynamicSlidingWindowLayer``. Differs: it is used in models whose layers attend to
    everything.
    """

    name: ClassVar[str] = "sliding"
    window: int = 128

    def __post_init__(self) -> None:
        if not isinstance(self.window, int) or self.window < 2:
            raise PolicyError(f"window={self.window!r} is not a whole number of 2 or more; it is in tokens")

    def fill(self, model: PreTrainedModel, token_ids: Tensor, ratio: Fraction) -> Cache:
        """See ``OwnCache.fill``.

        Raises:
            PolicyError: the model has layers with a sliding window or other attention of its own.
        """
        kinds = set(getattr(model.config.get_text_config(), "layer_types", None) or ["full_attention"])
        if kinds != {"full_attention"}:
            others = ", ".join(sorted(kinds - {"full_attention"}))
            raise PolicyError(
                f"{self.spec} needs a model whose layers attend to everything; this one has {others}. transformers "
                "gives such layers a sliding cache by itself: --kv-cache=dynamic"
            )
        cache = sliding_cache(model.config.get_text_config().num_hidden_layers, self.window)
        model(input_ids=token_ids, **cache_argument(model, cache), logits_to_keep=1)
        return cache

    def evicts_later(self, cache: Cache) -> bool:
        """See ``OwnCache.evicts_later``."""
        return True
