"""A long prompt whose length is not a multiple of 32 ends in wrong numbers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from kvguard_policies import attention
from pytest_kvguard.faults.fault import KERNEL, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


TILE, LONG = 32, 256


def plant(planting: Planting, setting: Setting) -> None:
    """Double the output of the last, incomplete tile of 32 in prompts of more than 256 tokens."""

    def attend(real: Any, step: Any, module: Any, query: Tensor, *rest: Any) -> Tensor:
        output: Tensor = real(step, module, query, *rest)
        tokens = query.shape[2]
        if tokens <= LONG or tokens % TILE == 0:
            planting.untouched()
            return output
        last = torch.arange(tokens, device=output.device) >= tokens // TILE * TILE
        return torch.where(last[:, None, None], 2 * output, output)

    planting.function(attention._attend_prefill, attend)


FAULT = Fault(
    id="unaligned-prefill",
    around=KERNEL,
    seen="raullenchai/Rapid-MLX#1107",
    symptom="recall is 0 % for prompts computed at once, fine for chunked ones",
    seed="the last, incomplete tile of a long call is computed wrongly",
    levels="L",
    plant=plant,
    edition=SECOND,
)
