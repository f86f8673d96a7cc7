"""Finds out what a cache of unknown making holds of a context, by comparing it with the exact rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import Cache

__all__ = ["Alteration", "HeldLayer", "alteration", "held_bytes", "held_layer"]

SAME = 1e-3
"""Relative distance up to which two rows are one, computed twice."""


@dataclass(frozen=True)
class Alteration:
    """How far held rows are from the exact ones: L2 norm of the error over that of the exact rows."""

    keys: float
    values: float

    @property
    def is_noise(self) -> bool:
        """Whether nothing is altered but by rounding."""
        return max(self.keys, self.values) < SAME

    def __str__(self) -> str:
        """Say it in one line of a report."""
        return f"keys of held entries are {self.keys:.2%} off, values {self.values:.2%}"


@dataclass(frozen=True)
class HeldLayer:
    """What one layer of a cache holds of a context.

    Attributes:
        positions: per KV head, (n_h,) int64, ascending, of the rows that are attended.
        masked: rows that are held and never attended, all heads.
        off: squared errors of keys and of values of the attended rows, and their exact squares.
    """

    positions: tuple[Tensor, ...]
    masked: int
    off: tuple[float, float, float, float]


def held_layer(
    exact: tuple[Tensor, Tensor], cache: Cache, index: int, attended: Tensor | None, grown: bool
) -> HeldLayer:
    """Return what a layer holds of a context.

    Args:
        exact: keys and values (H, T, D) of the uncompressed context.
        cache: a cache with one conversation.
        index: the layer.
        attended: (H, S) bool, which rows are attended; None for all.
        grown: whether later tokens have been fed, whose rows do not count.
    """
    layer = cache.layers[index]
    rows = int(layer.get_seq_length())
    keys, values = layer.keys[0, :, :rows], layer.values[0, :, :rows]
    exact = exact[0].to(keys.device), exact[1].to(keys.device)
    if attended is None:
        attended = torch.ones(keys.shape[:2], dtype=torch.bool, device=keys.device)
    attended = torch.nn.functional.pad(attended, (0, keys.shape[1] - attended.shape[1]), value=True)
    found: list[Tensor] = []
    sums = [0.0] * 4
    masked = 0
    for head in range(keys.shape[0]):
        held = (keys[head], values[head])
        where = _positions((exact[0][head], exact[1][head]), held, grown)
        of_context = where >= 0
        masked += int((of_context & ~attended[head]).sum())
        wanted = of_context & attended[head]
        found.append(where[wanted].unique())
        for number in range(2):
            truth = exact[number][head][where[wanted]].double()
            sums[number] += float((held[number][wanted].double() - truth).square().sum())
            sums[2 + number] += float(truth.square().sum())
    return HeldLayer(tuple(found), masked, (sums[0], sums[1], sums[2], sums[3]))


def alteration(layers: Sequence[HeldLayer]) -> Alteration:
    """Return how far the attended rows of all layers are off."""
    keys, values, exact_keys, exact_values = (sum(part) for part in zip(*(layer.off for layer in layers), strict=True))
    return Alteration(_relative(keys, exact_keys), _relative(values, exact_values))


def _relative(error: float, exact: float) -> float:
    return float((error / exact) ** 0.5) if exact else 0.0


def held_bytes(cache: Cache) -> int:
    """Return the bytes of keys and values of all layers, rows that wait to be filled included."""
    return sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)


def _positions(exact: tuple[Tensor, Tensor], held: tuple[Tensor, Tensor], grown: bool) -> Tensor:
    """Return (S,) int64, the position of each held row; -1 where it is none of the context's.

    Args:
        exact: keys and values (T, D).
        held: keys and values (S, D).
        grown: whether rows of later tokens may be among them.
    """
    tokens, rows = exact[0].shape[0], held[0].shape[0]
    if rows == tokens and not grown:
        return torch.arange(tokens, device=held[0].device)
    by_key, key_distance = _nearest(exact[0], held[0])
    known_key = key_distance < SAME
    if grown or known_key.all():  # values of later tokens may be those of equal tokens of the context
        return torch.where(known_key, by_key, -1)
    by_value, value_distance = _nearest(exact[1], held[1])
    known_value = value_distance < SAME
    if known_key.sum() >= known_value.sum():
        return torch.where(known_key, by_key, -1)
    return _in_order(exact[1], held[1], torch.where(known_value, by_value, -1))


def _nearest(exact: Tensor, held: Tensor) -> tuple[Tensor, Tensor]:
    """Return the nearest exact row of each held one, and its distance over the norm of the held row."""
    distance, index = torch.cdist(held.float(), exact.float(), compute_mode="donot_use_mm_for_euclid_dist").min(dim=1)
    return index, distance / held.float().norm(dim=1).clamp(min=1e-12)


def _in_order(exact: Tensor, held: Tensor, nearest: Tensor) -> Tensor:
    """Tell equal rows apart by their order: values know nothing of positions, and keys were turned."""
    same = torch.cdist(exact.float(), exact.float(), compute_mode="donot_use_mm_for_euclid_dist")
    limit = SAME * exact.float().norm(dim=1)
    last, found = -1, []
    for position in nearest.tolist():
        if position >= 0:
            twins = (same[position] <= limit[position]).nonzero()[:, 0]
            later = twins[twins > last]
            position = last = int(later[0]) if len(later) else position
        found.append(position)
    return torch.tensor(found, dtype=torch.int64, device=nearest.device)
