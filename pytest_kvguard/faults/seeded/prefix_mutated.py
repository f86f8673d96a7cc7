"""A prefix that is used again holds what was said to it before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kvguard_policies.hf_cache import CompactCache, RaggedCache
from pytest_kvguard.faults.fault import CACHE, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Hand out the same working cache for the same contexts, grown as it is."""
    made: dict[tuple[int, ...], tuple[Any, RaggedCache]] = {}

    def of(real: Any, kind: type, contexts: Sequence[CompactCache], *args: Any, **options: Any) -> RaggedCache:
        key = tuple(map(id, contexts))
        if key in made:
            return made[key][1]
        planting.untouched()
        made[key] = contexts, real(kind, contexts, *args, **options)
        return made[key][1]

    planting.method(RaggedCache, "of", of)


FAULT = Fault(
    id="prefix-mutated",
    around=CACHE,
    seen="huggingface/transformers#34164",
    symptom="answers depend on earlier questions",
    seed="a prefix cache is used again without a copy",
    levels="SX",
    plant=plant,
)
