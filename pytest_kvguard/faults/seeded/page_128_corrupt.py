"""One block in 128 is corrupt."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from kvguard_policies import compression
from kvguard_policies.compact import CompactLayer
from pytest_kvguard.faults.fault import CACHE, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


BLOCK, EVERY = 16, 128


def plant(planting: Planting, setting: Setting) -> None:
    """Zero the values of the tokens in every 128th block of 16."""

    def compact(real: Any, record: Any, index: int, kept: tuple[Tensor, ...]) -> CompactLayer:
        layer: CompactLayer = real(record, index, kept)
        positions = torch.cat(layer.positions)
        corrupt = positions // BLOCK % EVERY == EVERY - 1
        if not corrupt.any():
            planting.untouched()
            return layer
        return replace(layer, values=layer.values.masked_fill(corrupt[:, None], 0))

    planting.function(compression._compact, compact)


FAULT = Fault(
    id="page-128-corrupt",
    around=CACHE,
    seen="flashinfer-ai/flashinfer#4347",
    symptom="long contexts lose a few tokens",
    seed="the last block of every 128 is read from the wrong address",
    levels="L",
    plant=plant,
    edition=SECOND,
)
