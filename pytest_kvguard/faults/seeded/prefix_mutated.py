"""A reused prefix holds the tokens of earlier questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kvguard_policies.hf_cache import CompactCache, RaggedCache
from pytest_kvguard.faults.fault import CACHE, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Reuse the working cache of the same contexts, with all that was appended to it."""
    caches: dict[tuple[int, ...], tuple[Any, RaggedCache]] = {}

    def of(real: Any, kind: type, contexts: Sequence[CompactCache], *args: Any, **options: Any) -> RaggedCache:
        key = tuple(map(id, contexts))
        if key in caches:
            return caches[key][1]
        planting.untouched()
        caches[key] = contexts, real(kind, contexts, *args, **options)
        return caches[key][1]

    planting.method(RaggedCache, "of", of)


FAULT = Fault(
    id="prefix-mutated",
    around=CACHE,
    seen="huggingface/transformers#34164",
    symptom="replies depend on earlier questions",
    seed="a prefix cache is reused without a copy",
    levels="SX",
    plant=plant,
)
