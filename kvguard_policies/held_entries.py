"""Identifies the entries of a context in a cache that other code filled, by comparing them with the exact entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import Cache

__all__ = ["Alteration", "HeldLayer", "alteration", "held_bytes", "held_layer"]

SAME = 1e-3
"""Relative distance below which two vectors are the same one, computed twice."""


@dataclass(frozen=True)
class Alteration:
    """The error of the held entries: its L2 norm over that of the exact entries, for keys and for values."""

    keys: float
    values: float

    @property
    def is_noise(self) -> bool:
        """Whether rounding explains the error."""
        return max(self.keys, self.values) < SAME

    def __str__(self) -> str:
        """Return the errors as one line for reports."""
        return f"keys of held entries are {self.keys:.2%} off, values {self.values:.2%}"


@dataclass(frozen=True)
class HeldLayer:
    """The entries of a context that one layer of a cache holds.

    Attributes:
        positions: per KV head, (n_h,) int64, ascending, the positions of the attended entries.
        masked: entries that are held but never attended, all heads.
        off: over the attended entries, the squared errors of keys and of values, then the squares of the exact keys
            and values.
    """

    positions: tuple[Tensor, ...]
    masked: int
    off: tuple[float, float, float, float]


def held_layer(
    exact: tuple[Tensor, Tensor], cache: Cache, index: int, attended: Tensor | None, grown: bool
) -> HeldLayer:
    """Return the entries of a context that a layer holds.

    Args:
        exact: keys and values (H, T, D) of the uncompressed context.
        cache: a cache with one conversation.
        index: the layer.
        attended: mask (H, S) bool of the attended entries; None if all are.
        grown: whether the cache also holds later tokens, which do not count.
    """
    layer = cache.layers[index]
    length = int(layer.get_seq_length())
    keys, values = layer.keys[0, :, :length], layer.values[0, :, :length]
    exact = exact[0].to(keys.device), exact[1].to(keys.device)
    if attended is None:
        attended = torch.ones(keys.shape[:2], dtype=torch.bool, device=keys.device)
    attended = torch.nn.functional.pad(attended, (0, keys.shape[1] - attended.shape[1]), value=True)
    attended_positions: list[Tensor] = []
    sums = [0.0] * 4
    masked = 0
    for head in range(keys.shape[0]):
        held = (keys[head], values[head])
        positions = _positions((exact[0][head], exact[1][head]), held, grown)
        of_context = positions >= 0
        masked += int((of_context & ~attended[head]).sum())
        counted = of_context & attended[head]
        attended_positions.append(positions[counted].unique())
        for half in range(2):
            truth = exact[half][head][positions[counted]].double()
            sums[half] += float((held[half][counted].double() - truth).square().sum())
            sums[2 + half] += float(truth.square().sum())
    return HeldLayer(tuple(attended_positions), masked, (sums[0], sums[1], sums[2], sums[3]))


def alteration(layers: Sequence[HeldLayer]) -> Alteration:
    """Return the error of the attended entries, all layers together."""
    keys, values, exact_keys, exact_values = (sum(part) for part in zip(*(layer.off for layer in layers), strict=True))
    return Alteration(_relative(keys, exact_keys), _relative(values, exact_values))


def _relative(error: float, exact: float) -> float:
    return float((error / exact) ** 0.5) if exact else 0.0


def held_bytes(cache: Cache) -> int:
    """Return the bytes of the keys and values of all layers that have any, including unused capacity."""
    halves = (getattr(layer, half, None) for layer in cache.layers for half in ("keys", "values"))
    return sum(vectors.nbytes for vectors in halves if vectors is not None)


def _positions(exact: tuple[Tensor, Tensor], held: tuple[Tensor, Tensor], grown: bool) -> Tensor:
    """Return (S,) int64, the position of each held entry; -1 for entries of other tokens.

    Args:
        exact: keys and values (T, D).
        held: keys and values (S, D).
        grown: whether entries of later tokens may be among them.
    """
    tokens, entries = exact[0].shape[0], held[0].shape[0]
    if entries == tokens and not grown:
        return torch.arange(tokens, device=held[0].device)
    by_key, key_distance = _nearest(exact[0], held[0])
    known_key = key_distance < SAME
    if grown or known_key.all():  # a later token may have the same value as an equal token of the context
        return torch.where(known_key, by_key, -1)
    by_value, value_distance = _nearest(exact[1], held[1])
    known_value = value_distance < SAME
    if known_key.sum() >= known_value.sum():
        return torch.where(known_key, by_key, -1)
    return _in_order(exact[1], held[1], torch.where(known_value, by_value, -1))


def _nearest(exact: Tensor, held: Tensor) -> tuple[Tensor, Tensor]:
    """Return the index of the exact vector nearest to each held one, and its distance over the held one's norm."""
    distance, index = torch.cdist(held.float(), exact.float(), compute_mode="donot_use_mm_for_euclid_dist").min(dim=1)
    return index, distance / held.float().norm(dim=1).clamp(min=1e-12)


def _in_order(exact: Tensor, held: Tensor, nearest: Tensor) -> Tensor:
    """Return the positions of held values, equal values assigned in ascending order.

    Equal tokens have equal values at any position, and their keys cannot tell them apart when they were rotated again.
    """
    distances = torch.cdist(exact.float(), exact.float(), compute_mode="donot_use_mm_for_euclid_dist")
    limit = SAME * exact.float().norm(dim=1)
    last, ordered = -1, []
    for position in nearest.tolist():
        if position >= 0:
            twins = (distances[position] <= limit[position]).nonzero()[:, 0]
            later = twins[twins > last]
            position = last = int(later[0]) if len(later) else position
        ordered.append(position)
    return torch.tensor(ordered, dtype=torch.int64, device=nearest.device)
