"""No entry is evicted or quantized."""

from __future__ import annotations

from typing import Any

from kvguard_policies import compression
from kvguard_policies.compression import PrefillRecord
from kvguard_policies.hf_cache import CompactCache
from pytest_kvguard.faults.fault import CACHE, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Return a plain cache whatever the policy."""

    def compress(real: Any, record: PrefillRecord, policy: Any, ratio: Any) -> CompactCache:
        return real(record, None, ratio)  # type: ignore[no-any-return]

    planting.function(compression.compress, compress)


def _unless_compressing(setting: Setting) -> str:
    return "" if setting.scoring else "no policy compresses our caches"


FAULT = Fault(
    id="silent-plain-cache",
    around=CACHE,
    seen="rajveer43/VeloxQuant-MLX#370",
    symptom="eviction never ran",
    seed="every policy gets a plain cache",
    levels="NM",
    plant=plant,
    equivalent=_unless_compressing,
)
