"""A window of 0 tokens becomes the whole context."""

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


SHARE = 64
"""The local window is one in this many tokens."""


def plant(planting: Planting, setting: Setting) -> None:
    """Keep the newest ``tokens // 64`` entries by ``[-n:]``, which keeps all of them for n = 0."""

    def choose(real: Any, record: PrefillRecord, *rest: Any) -> tuple[Tensor, ...]:
        kept: tuple[Tensor, ...] = real(record, *rest)
        local = record.tokens // SHARE
        if local:
            planting.untouched()
            return kept
        return tuple(torch.arange(record.tokens, device=head.device)[-local:] for head in kept)

    planting.function(compression.choose_entries, choose)


FAULT = Fault(
    id="empty-slice-window",
    around=POLICY,
    seen="NVIDIA/kvpress 0.5.4",
    symptom="nothing is compressed on short prompts",
    seed="a local window of 0 tokens is sliced with [-0:]",
    levels="NK",
    plant=plant,
    equivalent=unless_evicting,
)
