"""StreamingLLM: keep the first tokens and the newest ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from kvguard_policies.policy import LayerRecord, Policy, PolicyError, Priority, Scores

__all__ = ["StreamingLLM"]


@dataclass(frozen=True)
class StreamingLLM(Policy):
    """Keep the first ``sinks`` tokens, then the newest: the score of an entry is its position.

    With a budget below ``sinks``, the later sinks are kept.
    Source: StreamingLLM, arXiv:2309.17453, §3.2. Differs: keys keep their rotation.
    """

    name: ClassVar[str] = "streaming_llm"
    sinks: int = 4

    def __post_init__(self) -> None:
        if self.sinks < 0:
            raise PolicyError(f"sinks={self.sinks} is negative; write 0 or more")

    def score(self, layer: LayerRecord) -> Scores:
        """See ``Policy.score``."""
        sinks = layer.positions < self.sinks
        return Scores(layer.positions.float(), sinks.to(torch.int8) * Priority.SINK)
