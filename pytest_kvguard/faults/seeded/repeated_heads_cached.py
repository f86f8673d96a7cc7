"""KV heads are repeated for their query heads before they are stored."""

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
    """Keep as many copies of each entry in memory as there are query heads per KV head."""
    copies = max((shape.group for shape in setting.shapes), default=2)

    def compact(real: Any, *args: Any) -> CompactLayer:
        layer: CompactLayer = real(*args)
        entries = len(layer.keys)
        keys, values = (half.repeat(copies, 1)[:entries] for half in (layer.keys, layer.values))
        return replace(layer, keys=keys, values=values)

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
    symptom="the cache is too large by the number of query heads per KV head",
    seed="KV heads are repeated before they are stored",
    levels="M",
    plant=plant,
    equivalent=_unless_groups,
)
