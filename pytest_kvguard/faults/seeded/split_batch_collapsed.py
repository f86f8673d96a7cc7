"""Combined splits of all sequences are written to one of them."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from pytest_kvguard.faults.equivalence import unless_kernel
from pytest_kvguard.faults.fault import KERNEL, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


MOST_QUERIES, SPLIT = 64, 128


def plant(planting: Planting, setting: Setting) -> None:
    """Give all rows the output of the last one, for 2 to 64 queries over more than 128 keys."""

    def attention(attend: Any, query: Tensor, key: Tensor, value: Tensor, seen: Tensor) -> Tensor:
        output: Tensor = attend(query, key, value, seen)
        if len(output) == 1 or not 1 < query.shape[2] <= MOST_QUERIES or key.shape[2] <= SPLIT:
            planting.untouched()
            return output
        return output[-1:].expand_as(output).clone()

    planting.attention(attention)


FAULT = Fault(
    id="split-batch-collapsed",
    around=KERNEL,
    seen="vllm-project/flash-attention#176",
    symptom="correct for one sequence, corrupt for several",
    seed="the stride between sequences is 0 when splits are combined",
    levels="B",
    plant=plant,
    equivalent=unless_kernel,
    edition=SECOND,
)
