"""Entries that a sliding window still reaches are evicted."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from kvguard_policies import compression
from pytest_kvguard.faults.equivalence import unless_sliding
from pytest_kvguard.faults.fault import CACHE, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Keep the newer half of a sliding layer's window."""

    def newest(real: Any, *args: Any) -> tuple[Tensor, ...]:
        return tuple(head[len(head) // 2 :] for head in real(*args))

    planting.function(compression._window_positions, newest)


FAULT = Fault(
    id="window-evicted",
    around=CACHE,
    seen="sgl-project/sglang#8649",
    symptom="accuracy drops on models with a sliding window",
    seed="entries are evicted by chunk size, whatever the window",
    levels="NL",
    plant=plant,
    equivalent=unless_sliding,
)
