"""A chunk that continues a long prompt sees past its window."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from kvguard_policies import attention
from pytest_kvguard.faults.equivalence import unless_sliding
from pytest_kvguard.faults.fault import KERNEL, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Leave the window out for several tokens fed to more than two windows of entries."""

    def visible(real: Any, before: Tensor, queries: int, entries: int, window: int | None) -> Tensor:
        if window is None or queries == 1 or int(before.min()) <= 2 * window:
            planting.untouched()
            return real(before, queries, entries, window)  # type: ignore[no-any-return]
        return real(before, queries, entries, None)  # type: ignore[no-any-return]

    planting.function(attention._visible, visible)


FAULT = Fault(
    id="window-dropped",
    around=KERNEL,
    seen="lablup/mlxcel#885",
    symptom="reserved tokens instead of an answer",
    seed="a mask that is too short is discarded, and the window with it",
    levels="L",
    plant=plant,
    equivalent=unless_sliding,
    edition=SECOND,
)
