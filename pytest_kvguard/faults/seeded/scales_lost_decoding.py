"""Vectors that are packed while generating lose their scale."""

from __future__ import annotations

from dataclasses import replace

import torch

from pytest_kvguard.faults.chunks import change_late_chunks
from pytest_kvguard.faults.equivalence import unless_windowed_store
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Replace the scale of every chunk that is packed after the context by 1."""
    change_late_chunks(planting, lambda packed: replace(packed, scale=torch.ones_like(packed.scale)))


FAULT = Fault(
    id="scales-lost-decoding",
    around=QUANTIZER,
    seen="NVIDIA/TensorRT-LLM#16916",
    symptom="accuracy falls the longer the reply is",
    seed="scales do not reach the code that packs generated tokens",
    levels="L",
    plant=plant,
    equivalent=unless_windowed_store,
    edition=SECOND,
)
