"""The base classes of policies: ``Policy`` (``score → allocate → select``), ``Wrapper`` and ``OwnCache``.

A new policy is a frozen dataclass whose fields are its options; most define ``score`` only. The types that it uses are
described in ``records``, with the dimension key, and can be imported from here.
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
from kvguard_policies.selection import select_entries

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
    """Decides which entries of a layer to keep. Stateless; the fields are the options."""

    name: ClassVar[str]
    decodes: ClassVar[bool] = True
    """Whether the policy's own steps can hold a budget while generating (scope *decode*)."""
    quantizes: ClassVar[bool] = False
    """Whether the kept entries are stored in fewer bits; such a policy wraps others and is never wrapped."""

    @property
    def can_decode(self) -> bool:
        """Whether the policy can hold a budget while generating."""
        return self.decodes

    @property
    def evicts(self) -> bool:
        """Whether the policy removes entries."""
        return True

    def needs(self, layout: Layout) -> frozenset[Need]:
        """Return the observations that the prefill must record for this policy."""
        return frozenset()

    @abstractmethod
    def score(self, layer: LayerRecord) -> Scores:
        """Return the score and the priority of every entry."""

    def layer_budget(self, layer: int, layers: int, tokens: int, budget: int) -> int:
        """Return this layer's budget in entries per head; over all layers the budgets sum to ``layers * budget``.

        Args:
            layer: index among the compressible layers, 0-based.
            layers: number of compressible layers.
            tokens: entries per head before compression.
            budget: mean entries per head and layer.
        """
        return budget

    def allocate(self, scores: Scores, layer: LayerRecord) -> Tensor:
        """Return the budget of each head, (H,) int64, summing to ``H * layer.budget``."""
        return torch.full((layer.keys.shape[0],), layer.budget, dtype=torch.int64)

    def select(self, scores: Scores, budgets: Tensor, layer: LayerRecord) -> tuple[Tensor, ...]:
        """Return, per KV head, the indices of the entries to keep: int64, ascending, ``budgets[h]`` of them."""
        return select_entries(scores, budgets)

    def notes(self, layout: Layout, budget: int) -> tuple[str, ...]:
        """Return notes for the report, e.g. that a window shrank."""
        return ()

    def scores_of(self, layer: LayerRecord) -> Scores:
        """Return the scores (H, S) of cached entries: ``score``, averaged over the heads that read the same latent."""
        if layer.expanded is None:
            return self.score(layer)
        scores = self.score(layer.expanded)
        shape = len(layer.positions), -1, layer.entries
        return Scores(scores.values.view(shape).mean(dim=1), scores.priority.view(shape).amax(dim=1))

    @property
    def spec(self) -> str:
        """The canonical spec string, which ``load`` reads back; options at their default are omitted."""
        home = type(self)
        # ``load`` knows only the table's names; a class from another package is named by its import path.
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
    """A policy around another one; every step is the base's unless a subclass overrides it."""

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

    It has no scores. The unmodified model generates from the cache, one conversation at a time.
    """

    decodes: ClassVar[bool] = False
    lossless: ClassVar[bool] = False
    """Whether the cache is meant to hold all entries unchanged, in another form or place."""

    @abstractmethod
    def fill(self, model: PreTrainedModel, token_ids: Tensor, ratio: Fraction) -> Cache:
        """Return a cache of the context, from which the plain model can generate inside ``going_on``.

        Args:
            model: must be unchanged afterwards, even after an error.
            token_ids: (1, T) int64.
            ratio: fraction of entries to remove, 0 <= r < 1.
        """

    def going_on(self, model: PreTrainedModel, cache: Cache) -> AbstractContextManager[None]:
        """Return a context manager that prepares the model to generate from ``cache``; by default it does nothing."""
        return nullcontext()

    def next_position(self, cache: Cache, tokens: int) -> int:
        """Return the position of the next token after a context of ``tokens`` tokens."""
        return tokens

    def evicts_later(self, cache: Cache) -> bool:
        """Return whether entries of the context may also be evicted while the model generates."""
        return False

    def attended(self, cache: Cache) -> Sequence[Tensor | None]:
        """Return, per layer, a mask (H, S) bool of the held entries that are attended; None where all are."""
        return [None] * len(cache.layers)

    def remarks(self, cache: Cache) -> tuple[str, ...]:
        """Return notes on a filled cache for the report."""
        return ()

    def score(self, layer: LayerRecord) -> Scores:
        """Refuse: such a policy has no scores.

        Raises:
            PolicyError: always.
        """
        raise PolicyError(f"{self.spec} fills a cache of its own, so it scores nothing; nothing can be put around it.")
