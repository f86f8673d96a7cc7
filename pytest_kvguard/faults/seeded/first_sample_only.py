"""A policy compresses its first context only."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from kvguard_policies import compression
from kvguard_policies.compression import PrefillRecord
from kvguard_policies.policy import Policy
from pytest_kvguard.faults.equivalence import unless_evicting
from pytest_kvguard.faults.fault import POLICY, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Treat every context but a policy's first as a decoding step, in which every entry is kept."""
    first: dict[str, PrefillRecord] = {}

    def choose(real: Any, record: PrefillRecord, policy: Policy, *rest: Any) -> tuple[Tensor, ...]:
        kept: tuple[Tensor, ...] = real(record, policy, *rest)
        if first.setdefault(policy.spec, record) is record:
            planting.untouched()
            return kept
        return tuple(torch.arange(record.tokens, device=head.device) for head in kept)

    planting.function(compression.choose_entries, choose)


FAULT = Fault(
    id="first-sample-only",
    around=POLICY,
    seen="Zefan-Cai/KVCache-Factory#15",
    symptom="compression is off from sample 2 on",
    seed="the counter that detects a prefill is never reset",
    levels="SNM",
    plant=plant,
    equivalent=unless_evicting,
)
