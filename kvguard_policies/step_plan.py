"""What layers that hold equally many rows work out once per call, instead of each for itself."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import torch
from torch import Tensor

__all__ = ["StepPlan", "StepPlans"]


class StepPlan:
    """Where the tokens of one call go, and which rows they see.

    Attributes:
        before: (B, H) int64, rows that each head holds before the call; never changed in place.
    """

    def __init__(self, before: Tensor) -> None:
        self.before = before
        self._made: dict[Hashable, Tensor] = {}
        self._after: tuple[Tensor, int] | None = None

    def once(self, name: Hashable, make: Callable[[], Tensor]) -> Tensor:
        """Return what ``make`` made when it was first asked for under this name, e.g. a mask."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def forget(self) -> None:
        """Let go of what was made; it is made anew where it is asked for again."""
        self._made.clear()

    def slots(self, tokens: int, capacity: int) -> Tensor:
        """Return (B * H * tokens,) int64: where new tokens go in buffers (R, H, capacity, D), seen as one list."""
        return self.once(("slots", tokens, capacity), lambda: self._slots(tokens, capacity))

    def _slots(self, tokens: int, capacity: int) -> Tensor:
        device = self.before.device
        starts = torch.arange(self.before.numel(), device=device).view(self.before.shape) * capacity + self.before
        return (starts[:, :, None] + torch.arange(tokens, device=device)).flatten()

    def after(self, tokens: int, fed: Tensor | None) -> tuple[Tensor, int]:
        """Return the rows (B, H) held after the call, and the most of them.

        Args:
            tokens: of the call, per row.
            fed: (B,) how many of them count; None when all do.
        """
        if self._after is None:
            lengths = self.before + (tokens if fed is None else fed[:, None].to(self.before.device))
            self._after = lengths, int(lengths.max())
        return self._after


class StepPlans:
    """The plans of the call at hand, one per tensor of lengths; layers that share the tensor share the plan."""

    def __init__(self) -> None:
        self._plans: dict[int, StepPlan] = {}
        self._newest: StepPlan | None = None

    def clear(self) -> None:
        """Begin another call."""
        self._plans.clear()
        self._newest = None

    def of(self, lengths: Tensor) -> StepPlan:
        """Return the plan of layers that hold so many rows.

        A new one takes the place of the masks of the one before: where all layers differ, one mask is alive at a time.
        """
        plan = self._plans.get(id(lengths))
        if plan is None:
            if self._newest is not None:
                self._newest.forget()
            plan = self._plans[id(lengths)] = self._newest = StepPlan(lengths)
        return plan
