"""Functions for policies with an observation window: its check, its priority, and a note where it shrinks."""

from __future__ import annotations

import torch
from torch import Tensor

from kvguard_policies.policy import LayerRecord, Layout, PolicyError, Priority

__all__ = ["check_window", "window_priority", "window_note"]


def check_window(window: int) -> None:
    """Raise ``PolicyError`` unless the window holds at least one token."""
    if window < 1:
        raise PolicyError(f"window={window} is below 1; a window holds at least one token")


def window_priority(layer: LayerRecord, window: int) -> Tensor:
    """Return the (H, S) int8 priorities that protect the newest ``window`` entries."""
    priority = torch.zeros(layer.positions.shape, dtype=torch.int8, device=layer.positions.device)
    priority[:, max(0, layer.entries - window) :] = Priority.WINDOW
    return priority


def window_note(name: str, window: int, layout: Layout) -> tuple[str, ...]:
    """Return a note if the context is shorter than the window."""
    if layout.tokens >= window:
        return ()
    return (f"{name}: the window of {window} tokens shrank to the context's {layout.tokens}",)
