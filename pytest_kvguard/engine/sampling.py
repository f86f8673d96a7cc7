"""Sampling of tokens; every draw depends on its seed, prompt and position, never on the other rows of the batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import torch
from torch import Tensor

from pytest_kvguard.engine.transfers import upload

__all__ = ["NO_TOKEN", "Sampling", "best_tokens", "draw_token", "draw_tokens"]

NO_TOKEN = -1
"""Stands for the next token of a row whose logits are not finite."""

DRAWN_ELEMENTS = 1 << 22
"""Logits that are sorted at once, unless one row has more: they take 100 MB."""

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


def draw_tokens(logits: Tensor, draws: Sequence[tuple[Sampling, int]]) -> Tensor:
    """Return (B,) int64, the ids of tokens drawn from the nucleus of each row; nothing is read from the device.

    A draw is a point in the cumulative distribution of the nucleus, most likely token first. Both arms of a pair get
    the same draw, so that they differ no more than their distributions do.

    Source: Holtzman et al., The Curious Case of Neural Text Degeneration, arXiv:1904.09751, §3.1. Differs: the draw is
    inverted through the cumulative distribution.

    Args:
        logits: (B, V).
        draws: per row, the sampling settings and the number of tokens of the reply before this one.
    """
    most = max(1, DRAWN_ELEMENTS // logits.shape[-1])
    parts = (range(first, min(first + most, len(draws))) for first in range(0, len(draws), most))
    return torch.cat([_drawn(logits[part.start : part.stop], draws[part.start : part.stop]) for part in parts])


def _drawn(logits: Tensor, draws: Sequence[tuple[Sampling, int]]) -> Tensor:
    device = logits.device
    temperatures = upload([sampling.temperature for sampling, _ in draws], device, torch.float32)
    points = [(sampling.top_p, sampling.uniform(position)) for sampling, position in draws]
    top_p, uniform = upload(points, device, torch.float64).split(1, dim=1)
    # Stable, so that equally likely tokens are ordered by id on every device.
    chances, ids = torch.softmax(logits.float() / temperatures[:, None], -1).sort(descending=True, stable=True)
    below = chances.double().cumsum(-1)
    last = ((below - chances) < top_p).sum(-1, keepdim=True).clamp(min=1) - 1  # of the nucleus
    target = uniform * below.gather(-1, last)
    return ids.gather(-1, torch.searchsorted(below, target, right=True).minimum(last))[:, 0]


def draw_token(logits: Tensor, sampling: Sampling, position: int) -> int:
    """Return the id of a token drawn for one row of (V,) logits, see ``draw_tokens``."""
    return int(draw_tokens(logits[None], [(sampling, position)]))
