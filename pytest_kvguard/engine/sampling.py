"""Draws tokens: every draw depends on its seed, prompt and position alone, never on who shares the batch."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import torch
from torch import Tensor

__all__ = ["Sampling", "draw_token"]

_DRAW_BITS = 48


@dataclass(frozen=True)
class Sampling:
    """How a reply is drawn.

    Attributes:
        temperature: above 0; logits are divided by it.
        top_p: 0..1; the most likely tokens that together have this probability are drawn from.
        stream: names the sequence of draws; both arms of a pair share it.
    """

    temperature: float
    top_p: float
    stream: str

    def uniform(self, position: int) -> float:
        """Return the draw for the reply's token at ``position``, uniform in [0, 1)."""
        digest = blake2b(f"{self.stream}:{position}".encode(), digest_size=_DRAW_BITS // 8).digest()
        return int.from_bytes(digest, "big") / float(1 << _DRAW_BITS)


def draw_token(logits: Tensor, sampling: Sampling, position: int) -> int:
    """Return a token id: the nucleus, most likely token first, is cut where the draw falls.

    Both arms of a pair get the same draw, so that they differ no more than their distributions do.

    Source: Holtzman et al., The Curious Case of Neural Text Degeneration, arXiv:1904.09751, §3.1. Differs: the draw is
    inverted through the cumulative distribution.

    Args:
        logits: (V,) of one row.
        sampling: how to draw.
        position: how many tokens of the reply were drawn before.
    """
    # Stable: equal tokens keep the order of their ids, whatever sorted them.
    chances, ids = torch.softmax(logits.float() / sampling.temperature, -1).sort(descending=True, stable=True)
    below = chances.double().cumsum(-1)
    nucleus = max(1, int(((below - chances) < sampling.top_p).sum()))
    target = sampling.uniform(position) * float(below[nucleus - 1])
    return int(ids[min(int(torch.searchsorted(below[:nucleus], target, right=True)), nucleus - 1)])
