"""The default model, smolguard: the stock model, with a LoRA adapter from this package merged in.

The adapter is in PEFT's file format, so PEFT can load it too; merging takes one product per adapted matrix and no
dependency. ``smolguard_adapter/README.md`` describes its training and how well it obeys.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import Any

from pytest_kvguard.errors import ModelError
from pytest_kvguard.external.json_text import read_json
from pytest_kvguard.external.progress_bars import hidden_progress_bars
from pytest_kvguard.models.embedded_model import Stage, cached_folder, embedded_directory

__all__ = ["SMOLGUARD_ADAPTER", "adapter_digest", "merged_directory", "smolguard_directory"]

SMOLGUARD_ADAPTER = Path(str(files("pytest_kvguard.models") / "smolguard_adapter"))
WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
PREFIX = "base_model.model."
DIGEST_LETTERS = 12


def smolguard_directory(on_stage: Stage | None = None) -> Path:
    """Return the folder of the merged default model, which is built on first use.

    Raises:
        ModelError: the stock model cannot be fetched, or the disk is full.
    """
    return merged_directory(SMOLGUARD_ADAPTER, on_stage)


def merged_directory(adapter: Path, on_stage: Stage | None = None) -> Path:
    """Return a folder with the stock model and a LoRA adapter merged into it, which is built on first use.

    Args:
        adapter: folder with ``adapter_model.safetensors`` and ``adapter_config.json``, as PEFT writes them.
        on_stage: called with each stage of a first fetch.

    Raises:
        ModelError: the adapter does not exist or belongs to another model, or as ``embedded_directory``.
    """
    base = embedded_directory(on_stage)
    name = f"smollm2-135m-adapted-{adapter_digest(adapter)}"
    return cached_folder(name, lambda folder: _merge(base, adapter, folder))


def adapter_digest(adapter: Path) -> str:
    """Return a digest of an adapter's weights and settings.

    Raises:
        ModelError: the folder holds no adapter.
    """
    try:
        digest = hashlib.sha256((adapter / WEIGHTS).read_bytes() + (adapter / CONFIG).read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"{adapter} holds no adapter: {error}. Give a folder with {WEIGHTS} and {CONFIG}.") from error
    return digest[:DIGEST_LETTERS]


@hidden_progress_bars()
def _merge(base: Path, adapter: Path, folder: Path) -> None:
    import torch
    from safetensors.torch import load_file
    from transformers import AutoModelForCausalLM, AutoTokenizer

    settings: dict[str, Any] = read_json((adapter / CONFIG).read_text(encoding="utf-8"))
    scale = settings["lora_alpha"] / settings["r"]
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    weights = model.state_dict()
    factors = load_file(adapter / WEIGHTS)
    for name in (name for name in factors if ".lora_A." in name):
        target = name.removeprefix(PREFIX).replace(".lora_A.", ".")
        up, down = factors[name.replace("lora_A", "lora_B")].float(), factors[name].float()
        if target not in weights:
            raise ModelError(
                f"{adapter} adapts {target}, which the stock model does not have. Use an adapter of the stock model."
            )
        weights[target] += scale * (up @ down)
    model.load_state_dict(weights)
    model.save_pretrained(folder / "model")
    AutoTokenizer.from_pretrained(base).save_pretrained(folder / "model")
