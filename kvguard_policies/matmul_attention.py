"""Attention of few queries per row as two matrix products, several times as fast as sdpa on CPUs."""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["matmul_attention"]


def matmul_attention(query: Tensor, key: Tensor, value: Tensor, bias: Tensor, scaling: float) -> Tensor:
    """Return the attention output, which depends for each row on that row and the shapes alone.

    Logits and softmax are float32 in every dtype, as in sdpa.

    Args:
        query: (B, H, Q, D).
        key: (B, H, S, D); copied unless contiguous.
        value: (B, H, S, D), likewise.
        bias: (B, 1 or H, 1 or Q, S) float32, 0 where a query may attend, else minus infinity.
        scaling: factor on the logits.

    Returns:
        (B, H, Q, D), the dtype of ``value``.
    """
    queries, keys, values = (states.flatten(0, 1) for states in (query, key, value))
    exact = math.frexp(scaling)[0] == 0.5  # a power of two changes exponents only, in queries as in logits
    logits = _products(queries * scaling if exact else queries, keys.transpose(1, 2))
    logits = (logits if exact else logits.mul_(scaling)).view(*query.shape[:3], key.shape[2]).add_(bias)
    weights = torch.softmax(logits, -1, out=logits).to(value.dtype)
    return torch.bmm(weights.flatten(0, 1), values).view(*query.shape[:3], value.shape[3])


def _products(queries: Tensor, keys: Tensor) -> Tensor:
    """Return the products (N, Q, S) of (N, Q, D) and (N, D, S) in float32."""
    rounded = torch.bmm(queries, keys)
    if queries.dtype == torch.float32:
        return rounded
    # A product is summed in float32 and then rounded. Computing it again minus its rounded value gives the rounding
    # error, which is nearly exact.
    rest = torch.baddbmm(rounded, queries, keys, beta=-1)
    return rounded.float().add_(rest)
