"""The last tokens of a prompt longer than the window are not computed."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from kvguard_policies import attention
from pytest_kvguard.faults.equivalence import unless_sliding
from pytest_kvguard.faults.fault import KERNEL, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Zero the output of the tokens past the first window of a prompt."""

    def attend(real: Any, step: Any, module: Any, query: Tensor, *rest: Any) -> Tensor:
        output: Tensor = real(step, module, query, *rest)
        window = rest[2]
        if window is None or query.shape[2] <= window:
            planting.untouched()
            return output
        inside = torch.arange(query.shape[2], device=output.device) < window
        return output.masked_fill(~inside[:, None, None], 0)

    planting.function(attention._attend_prefill, attend)


FAULT = Fault(
    id="prefill-rows-skipped",
    around=KERNEL,
    seen="nntrainer/nntrainer#3989",
    symptom="the reply ends at once on prompts longer than the window",
    seed="the loop over the queries of a prompt ends at the window",
    levels="L",
    plant=plant,
    equivalent=unless_sliding,
    edition=SECOND,
)
