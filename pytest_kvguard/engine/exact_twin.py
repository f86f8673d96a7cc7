"""A copy of a model of low precision in float32, beside which its own rounding errors are seen."""

from __future__ import annotations

import copy
from dataclasses import replace

import torch

from pytest_kvguard.engine.room import free_bytes, is_out_of_memory
from pytest_kvguard.models.load_model import LoadedModel

__all__ = ["exact_twin"]

BYTES_PER_WEIGHT = 8
"""Those of a float32 weight, and of the copy in low precision that it is made of."""

SHARE = 0.5
"""The share of the free memory that a copy may take."""


def exact_twin(model: LoadedModel) -> LoadedModel | None:
    """Return a copy in float32; None for a model in float32, a quantized or a spread one, and if memory is short."""
    own = model.model
    is_whole = not getattr(own, "is_quantized", False) and len(set(getattr(own, "hf_device_map", {}).values())) < 2
    weights = sum(weight.numel() for weight in own.parameters())
    if own.dtype == torch.float32 or not is_whole or weights * BYTES_PER_WEIGHT > free_bytes(own.device) * SHARE:
        return None
    try:
        return replace(model, model=copy.deepcopy(own).float())
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        return None
