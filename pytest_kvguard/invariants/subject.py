"""Subjects of oracles: a policy, a model and an attention implementation."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

from transformers import PreTrainedModel

from kvguard_policies.policy import OwnCache, Policy
from kvguard_policies.spec import PolicySpec, load
from pytest_kvguard.invariants.random_models import one_layer_of, random_model
from pytest_kvguard.invariants.violation import NotApplicable

__all__ = ["LoadedModels", "ModelSource", "RandomModels", "Subject", "load_policy"]


class ModelSource(Protocol):
    """Provides the models that an oracle runs."""

    @property
    def label(self) -> str:
        """The name of the model in violations and node ids."""

    def model(self) -> PreTrainedModel:
        """Return the model in float32, in evaluation mode; oracles do not change it."""

    def one_layer(self) -> PreTrainedModel:
        """Return a new float32 model of the same heads with a single layer, which attends to everything."""


@dataclass(frozen=True)
class RandomModels:
    """Random models of one head layout, built anew on every call."""

    head_layout: str

    @property
    def label(self) -> str:
        """See ``ModelSource``."""
        return self.head_layout

    def model(self) -> PreTrainedModel:
        """See ``ModelSource``."""
        return random_model(self.head_layout)

    def one_layer(self) -> PreTrainedModel:
        """See ``ModelSource``."""
        return random_model(self.head_layout, layers=1)


@dataclass(frozen=True)
class Subject:
    """A model, a policy and an attention implementation, tested together.

    Attributes:
        source: provides the model.
        policy: compresses the context; None for oracles that concern a kernel alone.
        ratio: fraction of entries to remove, 0 < r < 1.
        kernel: name of the attention implementation, as registered with transformers.
    """

    source: ModelSource
    policy: Policy | None = None
    ratio: Fraction = field(default=Fraction(1, 2))
    kernel: str = "sdpa"

    @property
    def fills_own_cache(self) -> bool:
        """Whether the policy fills a cache of its own."""
        return isinstance(self.policy, OwnCache)

    @property
    def required_policy(self) -> Policy:
        """The policy.

        Raises:
            NotApplicable: there is none.
        """
        if self.policy is None:
            raise NotApplicable("no policy is given")
        return self.policy


@dataclass(frozen=True)
class LoadedModels:
    """A loaded model, e.g. that of ``--kv-model``; its one-layer counterpart has random weights."""

    label: str
    loaded: PreTrainedModel

    def model(self) -> PreTrainedModel:
        """See ``ModelSource``."""
        return self.loaded

    def one_layer(self) -> PreTrainedModel:
        """See ``ModelSource``."""
        return one_layer_of(self.loaded)


def load_policy(spec: PolicySpec) -> Policy:
    """Return a new policy object for a spec.

    Raises:
        SpecError: the policy cannot be created.
    """
    return load(spec)
