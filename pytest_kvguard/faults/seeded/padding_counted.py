"""The padding of short rows counts as fed tokens."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from kvguard_policies.step_plan import StepPlan
from pytest_kvguard.faults.fault import CACHE, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Advance every row by all tokens of a call."""

    def after(real: Any, plan: StepPlan, tokens: int, fed: Tensor | None) -> Any:
        if fed is None or bool((fed == tokens).all()):
            planting.untouched()
        return real(plan, tokens, None)

    planting.method(StepPlan, "after", after)


FAULT = Fault(
    id="padding-counted",
    around=CACHE,
    seen="Blaizzy/mlx-vlm#1155",
    symptom="loops in batches of unequal requests",
    seed="all rows advance by the tokens of the longest one",
    levels="BN",
    plant=plant,
    edition=SECOND,
)
