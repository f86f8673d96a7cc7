"""The base class of quantizers, which store entries in fewer bits, alone or around a policy that evicts."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from kvguard_policies.policy import LayerRecord, Layout, Need, OwnCache, Policy, PolicyError, Scores
from kvguard_policies.quantizers.affine import PACKABLE_BITS
from kvguard_policies.stores import Store

__all__ = ["Quantizer", "check_at_least", "check_bits"]


@dataclass(frozen=True)
class Quantizer(Policy):
    """Stores the entries that ``base`` keeps, or all without a base, in fewer bits. Stateless; fields are options.

    A new quantizer is a frozen dataclass that defines ``store``. The store grows while the model generates.
    """

    quantizes: ClassVar[bool] = True
    decodes: ClassVar[bool] = False
    heads_share: ClassVar[bool] = False
    """Whether the heads of a layer share scales, so that one head changes how another is stored; rows never do."""
    base: Policy | None = None

    def __post_init__(self) -> None:
        if self.base is None:
            return
        if not isinstance(self.base, Policy):
            raise PolicyError(
                f"{self.name}({self.base!r}) wraps no policy; name the option, e.g. {self.name}(residual=16), or write "
                f"{self.name}(snapkv)"
            )
        if isinstance(self.base, OwnCache):
            raise PolicyError(f"{self.base.spec} fills a cache of its own, and nothing can be put around that")
        if self.base.quantizes:
            raise PolicyError(f"{self.base.spec} quantizes already; write {self.name} around a policy that evicts")

    @abstractmethod
    def store(self, keys: Tensor, values: Tensor) -> Store:
        """Return a store of the entries of one layer.

        Args:
            keys: (H, S, D), the model's dtype, rotated. If heads hold different counts, each is stored alone, H = 1.
            values: (H, S, D), likewise.
        """

    @property
    def evicts(self) -> bool:
        """Whether the policy also removes entries."""
        return self.base is not None

    def needs(self, layout: Layout) -> frozenset[Need]:
        """See ``Policy.needs``."""
        return frozenset() if self.base is None else self.base.needs(layout)

    def score(self, layer: LayerRecord) -> Scores:
        """See ``Policy.score``."""
        return self._evicting.score(layer)

    def layer_budget(self, layer: int, layers: int, tokens: int, budget: int) -> int:
        """See ``Policy.layer_budget``."""
        return self._evicting.layer_budget(layer, layers, tokens, budget)

    def allocate(self, scores: Scores, layer: LayerRecord) -> Tensor:
        """See ``Policy.allocate``."""
        return self._evicting.allocate(scores, layer)

    def select(self, scores: Scores, budgets: Tensor, layer: LayerRecord) -> tuple[Tensor, ...]:
        """See ``Policy.select``."""
        return self._evicting.select(scores, budgets, layer)

    def notes(self, layout: Layout, budget: int) -> tuple[str, ...]:
        """See ``Policy.notes``."""
        return () if self.base is None else self.base.notes(layout, budget)

    @property
    def _evicting(self) -> Policy:
        if self.base is None:
            raise PolicyError(f"{self.spec} evicts nothing. To evict as well, wrap a policy: {self.name}(snapkv).")
        return self.base


def check_bits(bits: int) -> None:
    """Raise ``PolicyError`` unless ``bits`` is a code width that can be packed."""
    if bits not in PACKABLE_BITS:
        raise PolicyError(f"bits={bits!r} is not one of {', '.join(map(str, PACKABLE_BITS))}; write e.g. bits=4")


def check_at_least(name: str, value: int, least: int) -> None:
    """Raise ``PolicyError`` unless an option is a whole number not below ``least``."""
    if not isinstance(value, int) or value < least:
        raise PolicyError(f"{name}={value!r} is not a whole number of {least} or more")
