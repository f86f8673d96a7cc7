"""Training texts and held-out texts: a list ``name`` and its twin ``held_out_name`` or, for phrasings, ``held_out``."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

__all__ = ["Split", "pick_list"]


class Split(Enum):
    """Whose phrasings, topics, values and attacks are used."""

    TRAINING = "training"
    HELD_OUT = "held_out"


def pick_list(texts: Mapping[str, Any], name: str, split: Split) -> Any:
    """Return the split's texts under ``name``; both splits share the list where no held-out twin exists."""
    if split is Split.TRAINING:
        return texts[name]
    return texts.get("held_out" if name == "say" else f"held_out_{name}", texts[name])
