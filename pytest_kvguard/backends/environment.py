"""What a model's numbers depend on beside its inputs: weights, versions, hardware."""

from __future__ import annotations

import platform
import re
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
from torch import Tensor

from pytest_kvguard.engine.load_model import LoadedModel

__all__ = ["environment_of"]

LIBRARIES = ("torch", "transformers", "tokenizers", "pytest-kvguard")
DIGEST_LETTERS = 16
CPU_INFO = Path("/proc/cpuinfo")


def environment_of(model: LoadedModel) -> dict[str, str]:
    """Return name → value of everything that goldens keep of a model and the machine it runs on."""
    loaded = model.model
    return {
        "weights": _digest(loaded.state_dict()),
        "dtype": str(loaded.dtype).removeprefix("torch."),
        "device": _device_name(loaded.device),
        "cpu": _cpu_name(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "threads": str(torch.get_num_threads()),
        **{name: _version(name) for name in LIBRARIES},
    }


def _digest(weights: dict[str, Tensor]) -> str:
    """Return a digest of all weights by name, in the dtype they are loaded in."""
    digest = sha256()
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()[:DIGEST_LETTERS]


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def _cpu_name() -> str:
    if CPU_INFO.is_file():
        found = re.search(r"^model name\s*:\s*(.+)$", CPU_INFO.read_text(encoding="utf-8"), re.MULTILINE)
        if found:
            return found.group(1)
    return platform.processor() or platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
