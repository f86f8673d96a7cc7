"""What the policies with an observation window share: protecting it, and shrinking it on short contexts."""

from __future__ import annotations

import torch
from torch import Tensor

from kvguard_policies.policy import LayerRecord, Layout, PolicyError, Priority

__all__ = ["check_window", "newest_rows", "window_note"]


def check_window(window: int) -> None:
    """Raise ``PolicyError`` unless the window holds at least one token."""
    if window < 1:
        raise PolicyError(f"window={window} is below 1; a window holds at least one token")


def newest_rows(layer: LayerRecord, window: int) -> Tensor:
    """Return the (H, S) int8 priorities that protect the newest ``window`` rows."""
    priority = torch.zeros(layer.positions.shape, dtype=torch.int8, device=layer.positions.device)
    priority[:, max(0, layer.rows - window) :] = Priority.WINDOW
    return priority


def window_note(name: str, window: int, layout: Layout) -> tuple[str, ...]:
    """Return a note when the context is shorter than the window."""
    if layout.tokens >= window:
        return ()
    return (f"{name}: the window of {window} tokens shrank to the context's {layout.tokens}",)
