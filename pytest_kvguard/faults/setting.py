"""The setting of a suite: the policies, models and kernels that decide whether it can notice a fault."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from kvguard_policies.policy import Observation, OwnCache, Policy, PolicyError, Priority
from pytest_kvguard.invariants.arms import context_of, layout_of, recorded
from pytest_kvguard.invariants.random_models import random_model

if TYPE_CHECKING:
    from transformers import PreTrainedModel

__all__ = ["HeadShape", "Setting", "shape_of"]

TOKENS = 48


@dataclass(frozen=True)
class HeadShape:
    """The heads of one model.

    Attributes:
        model: name of the model.
        query_heads, kv_heads: number of heads.
        window: tokens in the window of the sliding layers; 0 where the model has none.
    """

    model: str
    query_heads: int
    kv_heads: int
    window: int = 0

    @property
    def group(self) -> int:
        """Query heads per KV head."""
        return self.query_heads // self.kv_heads


def shape_of(name: str, model: PreTrainedModel) -> HeadShape:
    """Return the heads of a model."""
    config = model.config.get_text_config()
    slides = "sliding_attention" in (getattr(config, "layer_types", None) or ())
    heads = config.num_attention_heads
    kv_heads = getattr(config, "num_key_value_heads", None) or heads
    return HeadShape(name, heads, kv_heads, config.sliding_window if slides else 0)


@dataclass(frozen=True)
class Setting:
    """The policies, models and kernels of a suite.

    Attributes:
        policies: the policies under test.
        shapes: the heads of the models.
        kernels: names of the attention implementations.
        renders: whether prompts are rendered from contracts; False where all tests pass token ids.
        unknown: whether the tests may run anything, so that no fault can be called equivalent.
    """

    policies: tuple[Policy, ...] = ()
    shapes: tuple[HeadShape, ...] = ()
    kernels: tuple[str, ...] = ("sdpa",)
    renders: bool = True
    unknown: bool = False

    @property
    def scoring(self) -> tuple[Policy, ...]:
        """The policies that work on our caches."""
        return tuple(policy for policy in self.policies if not isinstance(policy, OwnCache))

    @property
    def evicting(self) -> tuple[Policy, ...]:
        """The policies that evict from our caches."""
        return tuple(policy for policy in self.scoring if policy.evicts)

    @property
    def quantizing(self) -> tuple[Policy, ...]:
        """The policies that quantize our caches."""
        return tuple(policy for policy in self.scoring if policy.quantizes)

    @cached_property
    def observations(self) -> frozenset[Observation]:
        """The observations of queries that the policies read."""
        return frozenset(need.observation for policy in self.evicting for need in policy.needs(layout_of(TOKENS)))

    @cached_property
    def priorities(self) -> frozenset[Priority]:
        """The priorities that the policies give to entries of a small context."""
        return frozenset(level for policy in self.evicting for level in _priorities(policy))


def _priorities(policy: Policy) -> Iterable[Priority]:
    from kvguard_policies.compression import layer_record
    from kvguard_policies.selection import budget_entries

    model = random_model("llama-two-kv-heads-of-three")
    record = recorded(model, context_of(model, TOKENS), policy)
    try:
        layer = layer_record(record, policy, 0, 0, budget_entries(TOKENS, 0.5))
        levels = policy.score(layer).priority.unique().tolist()
    except PolicyError:
        return ()
    return (Priority(level) for level in levels)
