"""Keys are written in one dtype and read in another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from kvguard_policies import compression
from kvguard_policies.hf_cache import CompactLayer
from pytest_kvguard.faults.fault import CACHE, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Write keys as float16 and read the same bits as bfloat16."""

    def compact(real: Any, *args: Any) -> CompactLayer:
        layer: CompactLayer = real(*args)
        return replace(layer, keys=layer.keys.to(torch.float16).view(torch.bfloat16).to(layer.keys.dtype))

    planting.function(compression._compact, compact)


FAULT = Fault(
    id="fp8-read-as-bf16",
    around=CACHE,
    seen="vllm-project/vllm#13133",
    symptom="a reply of 140 tokens becomes one of 1000 unreadable tokens",
    seed="keys are written in one dtype and read in another",
    levels="LTN",
    plant=plant,
)
