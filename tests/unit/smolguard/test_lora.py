"""Adapters start as nothing, train, are saved in PEFT's names, and merge to the same model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import PreTrainedTokenizerFast

from pytest_kvguard.errors import ModelError
from pytest_kvguard.models import smolguard
from pytest_kvguard.models.smolguard import merged_directory
from smolguard.lora import adapt, factors, save_adapter
from tests.models import random_model

LAYOUT = "llama-two-kv-heads-of-three"


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small stock model on disk, and a cache of this test's own."""
    from tokenizers import Tokenizer, models

    folder = tmp_path / "base"
    random_model(LAYOUT).save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel({"a": 0, "b": 1}, unk_token="a"))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder)
    monkeypatch.setenv("KVGUARD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(smolguard, "embedded_directory", lambda on_stage: folder)
    return folder


def trained_adapter(folder: Path) -> torch.Tensor:
    """Write an adapter that was trained for one step; return the adapted model's logits."""
    model = random_model(LAYOUT)
    adapt(model, rank=2, alpha=4)
    generator = torch.Generator().manual_seed(0)
    for factor in factors(model).values():
        factor.data = torch.randn(factor.shape, generator=generator).bfloat16().float() * 0.125
    save_adapter(model, folder, rank=2, alpha=4, base="small")
    with torch.no_grad():
        return model(input_ids=torch.tensor([[3, 4, 5]])).logits  # type: ignore[no-any-return]


def test_a_fresh_adapter_changes_nothing_and_only_adapters_learn() -> None:
    model, ids = random_model(LAYOUT), torch.tensor([[3, 4, 5]])
    before = model(input_ids=ids).logits.detach()
    adapt(model, rank=2, alpha=4)
    after = model(input_ids=ids).logits
    torch.testing.assert_close(after, before)
    after.sum().backward()
    learning = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert learning and all(name.endswith((".up", ".down")) for name in learning)
    assert len(factors(model)) == 2 * 7 * model.config.num_hidden_layers


def test_a_saved_adapter_has_the_names_that_peft_reads(tmp_path: Path) -> None:
    trained_adapter(tmp_path)
    names = set(load_file(tmp_path / "adapter_model.safetensors"))
    assert "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" in names
    settings = json.loads((tmp_path / "adapter_config.json").read_text())
    assert settings["peft_type"] == "LORA" and settings["r"] == 2 and "down_proj" in settings["target_modules"]


def test_the_merged_model_computes_what_the_adapted_one_did(base: Path, tmp_path: Path) -> None:
    expected = trained_adapter(tmp_path / "adapter")
    from transformers import AutoModelForCausalLM

    folder = merged_directory(tmp_path / "adapter")
    merged = AutoModelForCausalLM.from_pretrained(folder)
    with torch.no_grad():
        torch.testing.assert_close(merged(input_ids=torch.tensor([[3, 4, 5]])).logits, expected, atol=1e-4, rtol=1e-3)
    assert merged_directory(tmp_path / "adapter") == folder, "merged once"


def test_another_adapter_is_merged_into_another_folder(base: Path, tmp_path: Path) -> None:
    trained_adapter(tmp_path / "adapter")
    first = merged_directory(tmp_path / "adapter")
    weights = load_file(tmp_path / "adapter" / "adapter_model.safetensors")
    save_file(
        {name: tensor * 2 for name, tensor in weights.items()}, tmp_path / "adapter" / "adapter_model.safetensors"
    )
    assert merged_directory(tmp_path / "adapter") != first


def test_a_folder_without_an_adapter_is_refused(base: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no adapter: .*Give a folder with adapter_model.safetensors and"):
        merged_directory(tmp_path)


def test_an_adapter_of_another_model_is_refused_and_leaves_nothing(base: Path, tmp_path: Path) -> None:
    trained_adapter(tmp_path / "adapter")
    path = tmp_path / "adapter" / "adapter_model.safetensors"
    save_file({name.replace("q_proj", "wq"): tensor for name, tensor in load_file(path).items()}, path)
    with pytest.raises(
        ModelError, match=r"adapts model\.layers\.0\.self_attn\.wq\.weight, which the stock model does not have"
    ):
        merged_directory(tmp_path / "adapter")
    assert not [path for path in (tmp_path / "cache").iterdir() if not path.name.endswith(".lock")]
