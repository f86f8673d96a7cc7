"""Correct policies that score entries: by values, by hidden states, with uneven heads, with uneven layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor
from transformers import PreTrainedModel

from kvguard_policies.policy import LayerRecord, Layout, Need, Policy, Priority, Scores
from kvguard_policies.records import ModelObservation

__all__ = ["HiddenNorm", "LateLayers", "UnevenHeads", "ValueNorm"]


@dataclass(frozen=True)
class ValueNorm(Policy):
    """Keeps the largest values, and the first tokens of the context before all others."""

    name: ClassVar[str] = "value_norm"
    sinks: int = 4

    def score(self, layer: LayerRecord) -> Scores:
        """See ``Policy.score``."""
        priority = torch.zeros(layer.positions.shape, dtype=torch.int8, device=layer.keys.device)
        priority[layer.positions < self.sinks] = int(Priority.SINK)
        return Scores(layer.values.float().norm(dim=-1), priority)


@dataclass(frozen=True)
class UnevenHeads(ValueNorm):
    """Gives the first head twice the entries of the last one, and the rest in between."""

    name: ClassVar[str] = "uneven_heads"
    decodes: ClassVar[bool] = False
    sinks: int = 0

    def allocate(self, scores: Scores, layer: LayerRecord) -> Tensor:
        """See ``Policy.allocate``."""
        heads = layer.keys.shape[0]
        budgets = torch.full((heads,), layer.budget, dtype=torch.int64)
        moved = min(layer.budget // 3, layer.entries - layer.budget) if heads > 1 else 0
        budgets[0] += moved
        budgets[-1] -= moved
        return budgets


@dataclass(frozen=True)
class LateLayers(ValueNorm):
    """Moves entries from the first layer to the last."""

    name: ClassVar[str] = "late_layers"

    def layer_budget(self, layer: int, layers: int, tokens: int, budget: int) -> int:
        """See ``Policy.layer_budget``."""
        moved = min(budget // 3, tokens - budget) if layers > 1 else 0
        return budget + moved * ((layer == layers - 1) - (layer == 0))


@dataclass(frozen=True)
class HiddenNorm(Policy):
    """Keeps the tokens whose hidden states, as they enter a layer, are the largest; this takes another run."""

    name: ClassVar[str] = "hidden_norm"
    decodes: ClassVar[bool] = False

    def needs(self, layout: Layout) -> frozenset[Need]:
        """See ``Policy.needs``."""
        return frozenset({Need(_HiddenNorms())})

    def score(self, layer: LayerRecord) -> Scores:
        """See ``Policy.score``."""
        norms = layer.result(_HiddenNorms())[:, 0]
        return Scores(norms, torch.zeros(norms.shape, dtype=torch.int8, device=norms.device))


@dataclass(frozen=True)
class _HiddenNorms(ModelObservation):
    """The norm of each token's hidden state, (H, 1, S), the same for all heads."""

    def measure_model(self, model: PreTrainedModel, token_ids: Tensor, tokens: Tensor) -> Mapping[int, Tensor]:
        """See ``ModelObservation``."""
        config: Any = model.config.get_text_config()
        states = model(input_ids=token_ids[:, tokens], output_hidden_states=True, use_cache=False).hidden_states
        heads = config.num_key_value_heads
        return {
            layer: states[layer][0].float().norm(dim=-1).expand(heads, 1, -1).clone()
            for layer in range(config.num_hidden_layers)
        }
