"""The default models as GGUF files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from gguf import GGUFReader
from safetensors.torch import save_file

from pytest_kvguard.errors import ModelError
from pytest_kvguard.models.gguf_model import gguf_model, write_adapter

PREFIX = "base_model.model.model.layers.3."


@pytest.fixture
def adapter(tmp_path: Path) -> dict[str, torch.Tensor]:
    factors = {
        f"{PREFIX}self_attn.q_proj.lora_A.weight": torch.randn(2, 18),
        f"{PREFIX}self_attn.q_proj.lora_B.weight": torch.arange(72.0).reshape(36, 2),
        f"{PREFIX}mlp.down_proj.lora_B.weight": torch.randn(18, 2),
    }
    save_file(factors, tmp_path / "adapter_model.safetensors")
    (tmp_path / "adapter_config.json").write_text(json.dumps({"lora_alpha": 32, "r": 2}))
    return factors


def test_an_adapter_has_llama_cpps_names_and_feature_order(tmp_path: Path, adapter: dict[str, torch.Tensor]) -> None:
    write_adapter(tmp_path, tmp_path / "a.gguf")
    reader = GGUFReader(tmp_path / "a.gguf")
    assert reader.fields["adapter.type"].contents() == "lora"
    assert reader.fields["adapter.lora.alpha"].contents() == 32.0
    tensors = {tensor.name: torch.tensor(tensor.data) for tensor in reader.tensors}
    assert set(tensors) == {"blk.3.attn_q.weight.lora_a", "blk.3.attn_q.weight.lora_b", "blk.3.ffn_down.weight.lora_b"}
    assert torch.equal(tensors["blk.3.ffn_down.weight.lora_b"], adapter[f"{PREFIX}mlp.down_proj.lora_B.weight"])
    # 36 features in 9 heads of 4: the halves of a head's rotation alternate.
    features = adapter[f"{PREFIX}self_attn.q_proj.lora_B.weight"]
    assert torch.equal(tensors["blk.3.attn_q.weight.lora_b"][:4], features[[0, 2, 1, 3]])


def test_a_gguf_file_is_used_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(b"")
    assert gguf_model(str(path)).weights == path
    assert gguf_model(str(path)).adapter is None


@pytest.mark.parametrize("name", ["m.safetensors", "nowhere.gguf", "org/model"])
def test_a_model_without_a_gguf_file_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match=r"Give --kv-model a \.gguf file, smolguard or smollm2"):
        gguf_model(name)
