"""An exception leaves the model patched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from transformers import PreTrainedModel

from kvguard_policies import attention
from pytest_kvguard.faults.fault import HARNESS, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


@contextmanager
def _without_finally(model: PreTrainedModel) -> Iterator[None]:
    previous = model.config._attn_implementation
    model.set_attn_implementation(attention.RAGGED)
    yield
    model.set_attn_implementation(previous)


def plant(planting: Planting, setting: Setting) -> None:
    """Restore the model's attention only where the block ends without an exception."""

    def ragged(real: Any, model: PreTrainedModel) -> Any:
        return _without_finally(model)

    planting.function(attention.ragged_attention, ragged)


FAULT = Fault(
    id="patched-after-exception",
    around=HARNESS,
    seen="NVIDIA/kvpress#244",
    symptom="the model stays patched",
    seed="the attention is not restored when the body raises",
    levels="S",
    plant=plant,
)
