"""The default models as GGUF files, for engines that read no other format: the stock weights, and the adapter."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_kvguard.errors import ModelError
from pytest_kvguard.external.json_text import read_json
from pytest_kvguard.models.embedded_model import GGUF, Stage, cached_folder, fetch_gguf
from pytest_kvguard.models.options import DEFAULT_MODEL, STOCK_MODEL
from pytest_kvguard.models.smolguard import SMOLGUARD_ADAPTER, adapter_digest

__all__ = ["GGUFModel", "gguf_model", "write_adapter"]

ADAPTER = "smolguard-adapter.gguf"
NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""llama.cpp's names of a layer's matrices."""
HEADS = {"attn_q": 9, "attn_k": 3}
"""Matrices whose output features llama.cpp stores in another order within each head, with SmolLM2-135M's number of
heads."""


@dataclass(frozen=True)
class GGUFModel:
    """A model for llama.cpp.

    Attributes:
        weights: the file of the model.
        adapter: the file of a LoRA adapter to load on top, or None.
    """

    weights: Path
    adapter: Path | None = None


def gguf_model(name: str, on_stage: Stage | None = None) -> GGUFModel:
    """Return a model as GGUF files.

    Args:
        name: ``smolguard``, ``smollm2``, or a ``.gguf`` file.
        on_stage: called with each stage of a first fetch.

    Raises:
        ModelError: there is no such GGUF file, or it cannot be fetched.
    """
    if name in (DEFAULT_MODEL, STOCK_MODEL):
        weights = fetch_gguf(on_stage) / GGUF
        return GGUFModel(weights, _adapter() if name == DEFAULT_MODEL else None)
    path = Path(name).expanduser()
    if path.suffix != ".gguf" or not path.is_file():
        raise ModelError(
            f"llama.cpp reads GGUF files, and {name} is not one. Give --kv-model a .gguf file, {DEFAULT_MODEL} or "
            f"{STOCK_MODEL}."
        )
    return GGUFModel(path.absolute())


def _adapter() -> Path:
    def build(folder: Path) -> None:
        (folder / "model").mkdir()
        write_adapter(SMOLGUARD_ADAPTER, folder / "model" / ADAPTER)

    return cached_folder(f"smolguard-adapter-gguf-{adapter_digest(SMOLGUARD_ADAPTER)}", build) / ADAPTER


def write_adapter(source: Path, target: Path) -> None:
    """Convert a LoRA adapter from PEFT's format to llama.cpp's.

    Source: llama.cpp, convert_lora_to_gguf.py. Differs: only the default model's architecture.

    Args:
        source: folder with ``adapter_model.safetensors`` and ``adapter_config.json``.
        target: the file to write.
    """
    from gguf import GGUFWriter
    from safetensors.torch import load_file

    settings = read_json((source / "adapter_config.json").read_text(encoding="utf-8"))
    writer: Any = GGUFWriter(str(target), "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(settings["lora_alpha"]))
    for name, factor in sorted(load_file(source / "adapter_model.safetensors").items()):
        writer.add_tensor(*_renamed(name, factor.float().numpy()))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _renamed(name: str, factor: Any) -> tuple[str, Any]:
    """Return llama.cpp's name and layout of a factor, (rank, in) or (out, rank)."""
    layer, _, place = name.split(".layers.")[1].removesuffix(".weight").partition(".")
    module, _, side = place.lower().rpartition(".")
    matrix = NAMES[module]
    if side == "lora_b" and matrix in HEADS:
        features, rank = factor.shape
        heads = HEADS[matrix]
        factor = factor.reshape(heads, 2, features // heads // 2, rank).swapaxes(1, 2).reshape(features, rank).copy()
    return f"blk.{layer}.{matrix}.weight.{side}", factor
