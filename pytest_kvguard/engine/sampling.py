"""Sampling of tokens; every draw depends on its seed, prompt and position, never on the other rows of the batch."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import torch
from torch import Tensor

__all__ = ["NO_TOKEN", "Sampling", "best_tokens", "draw_token"]

NO_TOKEN = -1
"""Stands for the next token of a row whose logits are not finite."""

_DRAW_BITS = 48


@dataclass(frozen=True)
class Sampling:
    """The sampling settings of one reply.

    Attributes:
        temperature: divides the logits; above 0.
        top_p: 0..1, the probability of the nucleus, the most likely tokens from which one is drawn.
        stream: the name of the sequence of draws, which both arms of a pair share.
    """

    temperature: float
    top_p: float
    stream: str

    def uniform(self, position: int) -> float:
        """Return the draw for the reply's token at ``position``, uniform in [0, 1)."""
        digest = blake2b(f"{self.stream}:{position}".encode(), digest_size=_DRAW_BITS // 8).digest()
        return int.from_bytes(digest, "big") / float(1 << _DRAW_BITS)


def best_tokens(logits: Tensor) -> Tensor:
    """Return (...) int64, the most likely tokens of (..., V) logits; ``NO_TOKEN`` where they are NaN or infinite.

    The check costs no transfer from the device of its own: the maximum is NaN if any logit is. Logits of -inf, with
    which models mask tokens, are no trouble beside a finite one.
    """
    best = logits.max(-1)  # argmax takes four times as long in half precision
    return best.indices.where(best.values.isfinite(), NO_TOKEN)


def draw_token(logits: Tensor, sampling: Sampling, position: int) -> int:
    """Return the id of a token drawn from the nucleus.

    The draw is a point in the cumulative distribution of the nucleus, most likely token first. Both arms of a pair get
    the same draw, so that they differ no more than their distributions do.

    Source: Holtzman et al., The Curious Case of Neural Text Degeneration, arXiv:1904.09751, §3.1. Differs: the draw is
    inverted through the cumulative distribution.

    Args:
        logits: (V,), of one row.
        sampling: the sampling settings.
        position: the number of tokens of the reply before this one.
    """
    # Stable, so that equally likely tokens are ordered by id on every device.
    chances, ids = torch.softmax(logits.float() / sampling.temperature, -1).sort(descending=True, stable=True)
    below = chances.double().cumsum(-1)
    nucleus = max(1, int(((below - chances) < sampling.top_p).sum()))
    target = sampling.uniform(position) * float(below[nucleus - 1])
    return int(ids[min(int(torch.searchsorted(below[:nucleus], target, right=True)), nucleus - 1)])
