"""Attention is recorded in float64."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor

from kvguard_policies import observations
from kvguard_policies.policy import AttentionCall
from pytest_kvguard.faults.fault import POLICY, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Record in float64 and round at the end."""

    def causal(real: Any, call: AttentionCall, first: int, last: int, scratch: Tensor | None = None) -> Tensor:
        wide = replace(call, queries=call.queries.double(), keys=call.keys.double())
        return real(wide, first, last).float()  # type: ignore[no-any-return]

    planting.function(observations.causal_attention, causal)


REFACTOR = Refactor("wide-recording", POLICY, "attention is recorded in float64 and rounded", plant)
