"""Masks and write positions of one call, computed once for all layers whose heads hold the same counts.

Lengths are known on both sides: the device computes with them, and the host decides by its own copy of the same
numbers, so that no step waits until a value has been read from the device.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy
import torch
from numpy.typing import NDArray
from torch import Tensor

if TYPE_CHECKING:
    from kvguard_policies.recording import Recorder

__all__ = ["Counts", "KernelStep", "StepPlan", "StepPlans", "host_counts", "kernel_step", "lengths_of"]

Counts = NDArray[numpy.int64]


def lengths_of(counts: Counts, device: torch.device) -> Tensor:
    """Return counts (B, H) as a tensor of lengths that carries them."""
    return _carrying(torch.tensor(counts).to(device, non_blocking=True), counts)


def host_counts(lengths: Tensor) -> Counts:
    """Return the numbers in a tensor of lengths, which is read only if it carries none."""
    counts: Counts | None = getattr(lengths, "_counts", None)
    return lengths.cpu().numpy() if counts is None else counts


def _carrying(lengths: Tensor, counts: Counts) -> Tensor:
    lengths._counts = counts  # type: ignore[attr-defined]
    return lengths


class StepPlan:
    """The write positions of the new tokens of one call, and the tensors derived from the counts before it.

    Attributes:
        before: (B, H) int64, entries that each head holds before the call; never changed in place.
        counts: the same on the host.
    """

    def __init__(self, before: Tensor) -> None:
        self.before = before
        self.counts = host_counts(before)
        self._tensors: dict[Hashable, Tensor] = {}
        self._after: tuple[Tensor, int] | None = None

    @property
    def before_by_mask(self) -> Tensor:
        """``before``, as (B, 1) where the heads of every row hold the same counts and so share a mask."""
        return self.before[:, :1] if (self.counts == self.counts[:, :1]).all() else self.before

    def once(self, name: Hashable, compute: Callable[[], Tensor]) -> Tensor:
        """Return the tensor of this name, e.g. a mask; ``compute`` runs on the first request only."""
        if name not in self._tensors:
            self._tensors[name] = compute()
        return self._tensors[name]

    def forget(self) -> None:
        """Release the computed tensors; a later request computes them again."""
        self._tensors.clear()

    def slots(self, tokens: int, capacity: int) -> Tensor:
        """Return the indices (B * H * tokens,) int64 of the new tokens in flattened buffers (R, H, capacity, D)."""
        return self.once(("slots", tokens, capacity), lambda: self._slots(tokens, capacity))

    def _slots(self, tokens: int, capacity: int) -> Tensor:
        device = self.before.device
        starts = torch.arange(self.before.numel(), device=device).view(self.before.shape) * capacity + self.before
        return (starts[:, :, None] + torch.arange(tokens, device=device)).flatten()

    def after(self, tokens: int, fed: Tensor | None) -> tuple[Tensor, int]:
        """Return the entries (B, H) that each head holds after the call, and their maximum.

        Args:
            tokens: tokens of the call, per row.
            fed: (B,) on the host, how many of them count, the rest being padding; None if all count.
        """
        if self._after is None:
            added = tokens if fed is None else fed[:, None].to(self.before.device, non_blocking=True)
            counts = self.counts + (tokens if fed is None else fed.numpy()[:, None])
            self._after = _carrying(self.before + added, counts), int(counts.max())
        return self._after


class StepPlans:
    """The plans of the current call, one per tensor of lengths; layers that share the tensor share the plan."""

    def __init__(self) -> None:
        self._plans: dict[int, StepPlan] = {}
        self._newest: StepPlan | None = None

    def clear(self) -> None:
        """Drop all plans; the next call begins."""
        self._plans.clear()
        self._newest = None

    def of(self, lengths: Tensor) -> StepPlan:
        """Return the plan of the layers whose heads hold ``lengths`` entries.

        A new plan releases the tensors of the previous one, so that one mask is alive even where all layers differ.
        """
        plan = self._plans.get(id(lengths))
        if plan is None:
            if self._newest is not None:
                self._newest.forget()
            plan = self._plans[id(lengths)] = self._newest = StepPlan(lengths)
        return plan


@dataclass
class KernelStep:
    """What the attention function must know of one layer's cache in the current call.

    Attributes:
        layer: index in the model.
        kernel: the attention function that the ragged kernel runs, e.g. ``sdpa``.
        plan: the counts before this call's tokens, with masks and write positions; None for a prefill.
        recorders: one per row, None where nothing is recorded.
        positions: true position of each row's newest token, for recorders.
        values: the values that were returned with the keys.
        tokens: the number of new tokens per row.
        expand: how the layer makes keys and values of latents; None if it caches them as they are.
        is_tiled: see ``Trace``; set by a model's own attention code.
        answered: set by the ragged kernel or that code; a step that stays unanswered means that another kernel ran.
    """

    layer: int
    kernel: str
    plan: StepPlan | None
    recorders: Sequence[Recorder | None]
    positions: Sequence[int]
    values: Tensor | None = None
    tokens: int = 0
    expand: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None = None
    is_tiled: bool | None = None
    answered: bool = False


def kernel_step(key: Tensor) -> KernelStep | None:
    """Return the step that a ragged cache attached to its keys; None for keys of another cache."""
    return getattr(key, "_ragged_step", None)
