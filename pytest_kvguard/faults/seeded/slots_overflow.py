"""Write positions overflow in large buffers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from kvguard_policies.step_plan import StepPlan
from pytest_kvguard.faults.fault import CACHE, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


BITS = 15


def plant(planting: Planting, setting: Setting) -> None:
    """Compute write positions with 15 bits."""

    def slots(real: Any, plan: StepPlan, tokens: int, capacity: int) -> Tensor:
        exact: Tensor = real(plan, tokens, capacity)
        if int(exact.max()) < 2**BITS:
            planting.untouched()
        return torch.remainder(exact, 2**BITS)

    planting.method(StepPlan, "_slots", slots)


FAULT = Fault(
    id="slots-overflow",
    around=CACHE,
    seen="vllm-project/vllm#1514",
    symptom="garbage once many long requests are held",
    seed="addresses are computed with too few bits",
    levels="LB",
    plant=plant,
    edition=SECOND,
)
