"""Evicting while generating does not shorten the cache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from kvguard_policies.ragged_layer import RaggedLayer
from pytest_kvguard.faults.fault import CACHE, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Move the kept entries to the front, but do not cut off the stale ones behind them."""

    def keep(real: Any, layer: RaggedLayer, row: int, kept: Sequence[Tensor]) -> None:
        before = layer.lengths[row].clone()
        real(layer, row, kept)
        lengths = layer.lengths.clone()
        lengths[row] = before
        layer._set_lengths(lengths)

    planting.method(RaggedLayer, "keep_entries", keep)


def _unless_held(setting: Setting) -> str:
    if any(policy.can_decode for policy in setting.evicting):
        return ""
    return "no policy holds a budget while generating"


FAULT = Fault(
    id="crop-keeps-stale",
    around=CACHE,
    seen="huggingface/transformers#47433",
    symptom="a cropped cache keeps stale tokens",
    seed="entries are moved, but their number is not reduced",
    levels="NL",
    plant=plant,
    equivalent=_unless_held,
)
