"""Expected attention: score keys by the attention of modelled future queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from kvguard_policies.observations import FutureQuery, LogitBounds, share_beside_sink
from kvguard_policies.policy import LayerRecord, Layout, Need, Policy, PolicyError, Priority, Scores

__all__ = ["ExpectedAttention"]


@dataclass(frozen=True)
class ExpectedAttention(Policy):
    """Score a key by the attention that a Gaussian model of future queries pays to it, times the norm of its value.

    Source: Expected Attention, arXiv:2510.00636, §3. Differs: unrotated queries are computed from the rotated ones, so
    that no private module is read; how a layer rotates and scales them is asked of the model; on a context of ``sinks``
    tokens or fewer the moments are those of all tokens; a softcap is applied to the expected logit, and a sink of the
    model takes its share of the attention, neither of which the paper's models have.
    """

    name: ClassVar[str] = "expected_attention"
    future: int = 512
    sinks: int = 4
    covariance: bool = True
    value_norm: bool = True
    epsilon: float = 0.0

    def __post_init__(self) -> None:
        if self.future < 1 or self.sinks < 0:
            raise PolicyError(f"future={self.future}, sinks={self.sinks}: write future >= 1 and sinks >= 0")

    @property
    def _observation(self) -> FutureQuery:
        return FutureQuery(self.future, self.sinks)

    def needs(self, layout: Layout) -> frozenset[Need]:
        """See ``Policy.needs``."""
        return frozenset({Need(self._observation), Need(LogitBounds())})

    def score(self, layer: LayerRecord) -> Scores:
        """See ``Policy.score``."""
        sinks = layer.positions < self.sinks
        softcap, sink = layer.result(LogitBounds()).unbind(-1)
        logits = _capped(self._logits(layer), softcap[..., None]).masked_fill(sinks[:, None], -torch.inf)
        attention = (logits.softmax(-1) * share_beside_sink(logits, sink)).nan_to_num(0.0).mean(dim=1)
        if self.value_norm:
            norms = torch.linalg.vector_norm(layer.values, dim=-1, dtype=torch.float32)
            attention = (attention + self.epsilon) * norms
        return Scores(attention, sinks.to(torch.int8) * Priority.SINK)

    def _logits(self, layer: LayerRecord) -> Tensor:
        """Return the log of the expected attention up to a constant, (H, G, S)."""
        moments = layer.result(self._observation)
        mean, covariance = moments[..., 0], moments[..., 1:]
        keys = layer.keys.float()
        logits: Tensor = torch.einsum("hgd,hsd->hgs", mean, keys)  # the moments hold the model's scaling
        if self.covariance:
            logits = logits + torch.einsum("hsd,hgde,hse->hgs", keys, covariance, keys) / 2
        return logits


def _capped(logits: Tensor, softcap: Tensor) -> Tensor:
    """Return logits (H, G, S) under softcaps (H, G, 1), of which infinite ones change nothing."""
    return torch.where(softcap.isinf(), logits, softcap * torch.tanh(logits / softcap))
