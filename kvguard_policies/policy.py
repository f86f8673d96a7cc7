"""Policy: ``score → allocate → select``.

A new policy is a frozen dataclass whose fields are its options and, nearly always, only ``score`` is written. What it
works on is described in ``records`` (with the dimension key) and importable from here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from kvguard_policies.records import (
    FRAME,
    AttentionCall,
    LayerRecord,
    Layout,
    Need,
    Observation,
    PolicyError,
    Priority,
    RotaryTable,
    Scores,
)
from kvguard_policies.selection import select_rows

if TYPE_CHECKING:
    from transformers import Cache, PreTrainedModel

__all__ = [
    "FRAME",
    "AttentionCall",
    "LayerRecord",
    "Layout",
    "Need",
    "Observation",
    "OwnCache",
    "Policy",
    "PolicyError",
    "Priority",
    "RotaryTable",
    "Scores",
    "Wrapper",
]


@dataclass(frozen=True)
class Policy(ABC):
    """Decides which KV entries of a layer survive. Stateless; the fields are the options."""

    name: ClassVar[str]
    decodes: ClassVar[bool] = True
    """Whether the policy's own steps can hold a budget while generating (scope *decode*)."""
    quantizes: ClassVar[bool] = False
    """Whether what stays is stored in fewer bits; such a policy wraps others and is never wrapped."""

    @property
    def can_decode(self) -> bool:
        """Whether the policy can hold a budget while generating."""
        return self.decodes

    @property
    def evicts(self) -> bool:
        """Whether entries are removed."""
        return True

    def needs(self, layout: Layout) -> frozenset[Need]:
        """Return the observations the prefill must record."""
        return frozenset()

    @abstractmethod
    def score(self, layer: LayerRecord) -> Scores:
        """Return the worth of every entry."""

    def layer_budget(self, layer: int, layers: int, tokens: int, budget: int) -> int:
        """Return this layer's entries per head; over all layers they sum to ``layers * budget``.

        Args:
            layer: index among the compressible layers, 0-based.
            layers: how many layers are compressible.
            tokens: entries per head before compression.
            budget: mean entries per head and layer.
        """
        return budget

    def allocate(self, scores: Scores, layer: LayerRecord) -> Tensor:
        """Return (H,) int64 entries per head, summing to ``H * layer.budget``."""
        return torch.full((layer.keys.shape[0],), layer.budget, dtype=torch.int64)

    def select(self, scores: Scores, budgets: Tensor, layer: LayerRecord) -> tuple[Tensor, ...]:
        """Return, per KV head, the row indices to keep: int64, ascending, ``budgets[h]`` of them."""
        return select_rows(scores, budgets)

    def notes(self, layout: Layout, budget: int) -> tuple[str, ...]:
        """Return what a reader of the report must know, e.g. that a window shrank."""
        return ()

    @property
    def spec(self) -> str:
        """The canonical spec string, which ``load`` reads back; options left at their default are omitted."""
        home = type(self)
        # Only the table's own names can be looked up again; a class from elsewhere is named by its path.
        name = self.name if home.__module__.startswith("kvguard_policies.") else f"{home.__module__}:{home.__name__}"
        parts = [self._option(field.name) for field in fields(self) if self._differs(field)]
        return f"{name}({', '.join(parts)})" if parts else name

    def _differs(self, field: object) -> bool:
        name, default = field.name, field.default  # type: ignore[attr-defined]
        value = getattr(self, name)
        return isinstance(value, Policy) or bool(value != default)

    def _option(self, name: str) -> str:
        value = getattr(self, name)
        return value.spec if isinstance(value, Policy) else f"{name}={value!r}"


@dataclass(frozen=True)
class Wrapper(Policy):
    """A policy around another one; every step is the base's until a subclass says otherwise."""

    base: Policy

    def __post_init__(self) -> None:
        if not isinstance(self.base, Policy):
            raise PolicyError(f"{self.name}({self.base!r}) wraps no policy; write e.g. {self.name}(snapkv)")
        if isinstance(self.base, OwnCache):
            raise PolicyError(
                f"{self.name}({self.base.spec}): {self.base.spec} fills a cache of its own, and nothing can be put "
                "around that"
            )
        if self.base.quantizes:
            raise PolicyError(
                f"{self.name}({self.base.spec}) divides what {self.base.name} has stored already; write "
                f"{self.base.name} outside: {self.base.name}({self.name}(snapkv))"
            )

    @property
    def can_decode(self) -> bool:
        """Whether this policy and its base can hold a budget while generating."""
        return self.decodes and self.base.can_decode

    def needs(self, layout: Layout) -> frozenset[Need]:
        """See ``Policy.needs``."""
        return self.base.needs(layout)

    def score(self, layer: LayerRecord) -> Scores:
        """See ``Policy.score``."""
        return self.base.score(layer)

    def layer_budget(self, layer: int, layers: int, tokens: int, budget: int) -> int:
        """See ``Policy.layer_budget``."""
        return self.base.layer_budget(layer, layers, tokens, budget)

    def allocate(self, scores: Scores, layer: LayerRecord) -> Tensor:
        """See ``Policy.allocate``."""
        return self.base.allocate(scores, layer)

    def select(self, scores: Scores, budgets: Tensor, layer: LayerRecord) -> tuple[Tensor, ...]:
        """See ``Policy.select``."""
        return self.base.select(scores, budgets, layer)

    def notes(self, layout: Layout, budget: int) -> tuple[str, ...]:
        """See ``Policy.notes``."""
        return self.base.notes(layout, budget)


@dataclass(frozen=True)
class OwnCache(Policy):
    """A policy that runs the model itself and fills a cache of its own, e.g. through hooks on attention modules.

    It scores nothing for our caches. The plain model goes on with what it filled, alone, without a batch.
    """

    decodes: ClassVar[bool] = False
    lossless: ClassVar[bool] = False
    """Whether the cache is meant to hold everything as it came, only otherwise."""

    @abstractmethod
    def fill(self, model: PreTrainedModel, token_ids: Tensor, ratio: Fraction) -> Cache:
        """Run the model over a context and return a cache that the plain model can go on with inside ``going_on``.

        Args:
            model: left as it was, whatever happens.
            token_ids: (1, T) int64.
            ratio: fraction of entries to remove, 0 <= r < 1.
        """

    def going_on(self, model: PreTrainedModel, cache: Cache) -> AbstractContextManager[None]:
        """Return a context in which the model reads ``cache`` as it was meant; by default the model as it is."""
        return nullcontext()

    def next_position(self, cache: Cache, tokens: int) -> int:
        """Return the position of the token after a context of so many ``tokens``."""
        return tokens

    def evicts_later(self, cache: Cache) -> bool:
        """Return whether entries of the context may also leave while the model goes on."""
        return False

    def attended(self, cache: Cache) -> Sequence[Tensor | None]:
        """Return, per layer, which held rows are attended, (H, S) bool; None where all are."""
        return [None] * len(cache.layers)

    def remarks(self, cache: Cache) -> tuple[str, ...]:
        """Return what a reader of the report must know of a filled cache."""
        return ()

    def score(self, layer: LayerRecord) -> Scores:
        """Refuse to be run on our caches.

        Raises:
            PolicyError: always.
        """
        raise PolicyError(f"{self.spec} fills a cache of its own, so it scores nothing; nothing can be put around it.")
