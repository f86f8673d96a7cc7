"""The ratio is applied to heads instead of entries."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from kvguard_policies import compression
from kvguard_policies.compression import PrefillRecord
from pytest_kvguard.faults.equivalence import unless_evicting
from pytest_kvguard.faults.fault import POLICY, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Compress the ratio's share of the heads, and keep every entry of the others."""

    def choose(real: Any, record: PrefillRecord, policy: Any, index: int, number: int, budget: int) -> Any:
        kept: tuple[Tensor, ...] = real(record, policy, index, number, budget)
        compressed = len(kept) * (record.tokens - budget) // record.tokens
        everything = torch.arange(record.tokens, device=kept[0].device)
        return (*kept[:compressed], *[everything] * (len(kept) - compressed))

    planting.function(compression.choose_entries, choose)


FAULT = Fault(
    id="ratio-of-heads",
    around=POLICY,
    seen="NVIDIA/kvpress#228",
    symptom="far more entries are kept than requested",
    seed="the ratio is read as a fraction of heads",
    levels="M",
    plant=plant,
    equivalent=unless_evicting,
)
