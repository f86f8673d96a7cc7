"""All logits are zero, so that any suite notices whether planting works."""

from __future__ import annotations

from typing import Any

from torch import nn
from transformers.modeling_utils import PreTrainedModel

from pytest_kvguard.faults.fault import HARNESS, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Zero the logits of every model."""

    def call(real: Any, module: nn.Module, *args: Any, **options: Any) -> Any:
        output = real(module, *args, **options)
        if isinstance(module, PreTrainedModel) and hasattr(output, "logits"):
            output.logits = output.logits * 0
        return output

    planting.method(nn.Module, "__call__", call)


FAULT = Fault(
    id="canary",
    around=HARNESS,
    seen="nowhere: it proves that planting works",
    symptom="every token is equally likely",
    seed="all logits are zero",
    levels="LTA",
    plant=plant,
)
