"""KV heads are repeated for their groups, then stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kvguard_policies import compression
from kvguard_policies.hf_cache import CompactLayer
from pytest_kvguard.faults.fault import CACHE, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Hold on to as many copies of each row as there are query heads per KV head."""
    copies = max((shape.group for shape in setting.shapes), default=2)

    def compact(real: Any, *args: Any) -> CompactLayer:
        layer: CompactLayer = real(*args)
        rows = len(layer.keys)
        return replace(layer, keys=layer.keys.repeat(copies, 1)[:rows], values=layer.values.repeat(copies, 1)[:rows])

    def without_groups(real: Any, *args: Any) -> CompactLayer:
        planting.untouched()
        return real(*args)  # type: ignore[no-any-return]

    planting.function(compression._compact, compact if copies > 1 else without_groups)


def _unless_groups(setting: Setting) -> str:
    grouped = any(shape.group > 1 for shape in setting.shapes)
    return "" if grouped else "every model has as many KV heads as query heads: nothing is repeated"


FAULT = Fault(
    id="repeated-heads-cached",
    around=CACHE,
    seen="FasterDecoding/SnapKV#29",
    symptom="the cache is as many times too big as there are query heads per KV head",
    seed="KV heads are repeated before they are stored",
    levels="M",
    plant=plant,
    equivalent=_unless_groups,
)
