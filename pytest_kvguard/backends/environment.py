"""The environment on which a model's numbers depend: weights, versions, hardware."""

from __future__ import annotations

from hashlib import sha256

import torch
from torch import Tensor

from pytest_kvguard.backends.machine import cpu_name, version_of
from pytest_kvguard.models.load_model import LoadedModel

__all__ = ["device_name", "environment_of"]

LIBRARIES = ("torch", "transformers", "tokenizers", "pytest-kvguard")
DIGEST_LETTERS = 16


def environment_of(model: LoadedModel) -> dict[str, str]:
    """Return the facts that goldens record of a model and its machine, by name."""
    loaded = model.model
    return {
        "weights": _digest(loaded.state_dict()),
        "dtype": str(loaded.dtype).removeprefix("torch."),
        "device": device_name(loaded.device),
        "cpu": cpu_name(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "threads": str(torch.get_num_threads()),
        **{name: version_of(name) for name in LIBRARIES},
    }


def _digest(weights: dict[str, Tensor]) -> str:
    """Return a digest of all weights and their names, in the dtype in which they are loaded."""
    digest = sha256()
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()[:DIGEST_LETTERS]


def device_name(device: torch.device) -> str:
    """Return the name of an accelerator, or ``cpu``."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
