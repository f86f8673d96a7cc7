"""Kept keys are gathered, but values are not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from kvguard_policies import compression
from kvguard_policies.compression import PrefillRecord
from kvguard_policies.hf_cache import CompactLayer
from kvguard_policies.selection import gather_entries
from pytest_kvguard.faults.equivalence import unless_evicting
from pytest_kvguard.faults.fault import CACHE, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Keep the first values of each head, as many as there are kept keys."""

    def compact(real: Any, record: PrefillRecord, index: int, kept: tuple[Any, ...]) -> CompactLayer:
        layer: CompactLayer = real(record, index, kept)
        first = [torch.arange(len(head), device=head.device) for head in kept]
        return replace(layer, values=gather_entries(record.values[index], first))

    planting.function(compression._compact, compact)


FAULT = Fault(
    id="k-moved-v-not",
    around=CACHE,
    seen="ggml-org/llama.cpp#14081",
    symptom="wrong replies around a compaction",
    seed="kept keys are gathered, but the first values of each head stay beside them",
    levels="L",
    plant=plant,
    equivalent=unless_evicting,
)
