"""What an oracle looks at."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

from transformers import PreTrainedModel

from kvguard_policies.policy import Policy
from kvguard_policies.spec import PolicySpec, load
from pytest_kvguard.invariants.finding import NotApplicable
from pytest_kvguard.invariants.random_models import one_layer_of, random_model

__all__ = ["LoadedModels", "ModelSource", "RandomModels", "Subject", "load_policy"]


class ModelSource(Protocol):
    """Makes the model that an oracle runs."""

    @property
    def label(self) -> str:
        """What the model is called in findings and node ids."""

    def model(self) -> PreTrainedModel:
        """Return the model in float32, in evaluation mode; oracles leave it as they found it."""

    def one_layer(self) -> PreTrainedModel:
        """Return a new float32 model of the same heads with a single layer, which attends to everything."""


@dataclass(frozen=True)
class RandomModels:
    """Random models of one head layout, made anew on every call."""

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
    """A model, a policy and an attention function, together.

    Attributes:
        source: makes the model.
        policy: what compresses; None for oracles that concern a kernel alone.
        ratio: fraction of entries to remove, 0 < r < 1.
        kernel: the attention function's name, as registered with transformers.
    """

    source: ModelSource
    policy: Policy | None = None
    ratio: Fraction = field(default=Fraction(1, 2))
    kernel: str = "sdpa"

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
    """A model that was loaded, e.g. that of ``--kv-model``; its one-layer likeness has random weights."""

    label: str
    loaded: PreTrainedModel

    def model(self) -> PreTrainedModel:
        """See ``ModelSource``."""
        return self.loaded

    def one_layer(self) -> PreTrainedModel:
        """See ``ModelSource``."""
        return one_layer_of(self.loaded)


def load_policy(spec: PolicySpec) -> Policy:
    """Return the policy a spec describes, made anew.

    Raises:
        SpecError: a policy that cannot be made.
    """
    return load(spec)
