"""Loading a model; every failure is explained in one paragraph with a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast
from transformers.utils import logging

from kvguard_policies import Layout
from kvguard_policies.attention import RAGGED
from pytest_kvguard.engine.jobs import Job
from pytest_kvguard.engine.planner import run_jobs
from pytest_kvguard.errors import ModelError, UsageError
from pytest_kvguard.models import load_model as loading
from pytest_kvguard.models.embedded_model import cache_directory
from pytest_kvguard.models.load_model import LoadedModel, ModelOptions, load_model
from pytest_kvguard.models.options import DTYPES
from pytest_kvguard.values.cell import Cell
from tests.models import VOCABULARY, random_ids, random_model


@pytest.fixture(scope="module")
def model_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    model = random_model("mistral")
    model.generation_config.eos_token_id = [2, 9]
    model.save_pretrained(folder)
    words = Tokenizer(WordLevel({f"w{i}": i for i in range(VOCABULARY)}, unk_token="w0"))
    PreTrainedTokenizerFast(tokenizer_object=words, eos_token="w7").save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("dtype", "loaded"), [("float32", torch.float32), ("bfloat16", torch.bfloat16), ("auto", torch.float32)]
)
def test_a_directory_is_loaded_ready_to_run(model_directory: Path, dtype: str, loaded: torch.dtype) -> None:
    model = load_model(ModelOptions(str(model_directory), dtype=dtype))
    assert model.model.dtype == loaded and not model.model.training
    assert model.max_tokens == 4096 and model.name == str(model_directory)


def test_a_spread_model_replies_as_on_one_device(model_directory: Path) -> None:
    ids = tuple(random_ids(40))
    jobs = [
        Job(ids, 36, Layout(36), Cell.of(policy, "0.5"), max_new_tokens=6) for policy in ("knorm", "expected_attention")
    ]
    spread, plain = (load_model(ModelOptions(str(model_directory), device)) for device in ("auto", "cpu"))
    assert [reply.token_ids for reply in run_jobs(spread, jobs)] == [reply.token_ids for reply in run_jobs(plain, jobs)]
    assert not spread.model.training


def test_every_declared_end_id_ends_a_reply(model_directory: Path) -> None:
    assert load_model(ModelOptions(str(model_directory))).stop_ids == {2, 9, 7}


def test_the_accepted_kernels_are_those_of_transformers_without_our_own() -> None:
    small_model = LoadedModel("small", random_model("llama-two-kv-heads-of-three"), None, frozenset(), 256)
    assert {"sdpa", "eager"} <= set(small_model.kernels())
    assert RAGGED not in small_model.kernels()


@pytest.mark.parametrize("shown", [True, False])
def test_loading_restores_the_progress_bars_of_transformers(model_directory: Path, shown: bool) -> None:
    before = logging.is_progress_bar_enabled()
    try:
        (logging.enable_progress_bar if shown else logging.disable_progress_bar)()
        load_model(ModelOptions(str(model_directory)))
        with pytest.raises(ModelError):
            load_model(ModelOptions(str(model_directory.parent)))
        assert logging.is_progress_bar_enabled() == shown
    finally:
        (logging.enable_progress_bar if before else logging.disable_progress_bar)()


def paragraph(options: ModelOptions, error: type[Exception]) -> str:
    with pytest.raises(error) as refused:
        load_model(options)
    message = str(refused.value)
    assert "\n" not in message and len(message) < 700
    return message


@pytest.mark.parametrize("name", ["/no/such/model", "./nowhere", "~/nowhere-at-all"])
def test_a_missing_directory_is_named(name: str) -> None:
    message = paragraph(ModelOptions(name), ModelError)
    assert message == f"--kv-model={name}: there is no such directory. Check the path."


def test_a_missing_gguf_file_is_named(tmp_path: Path) -> None:
    message = paragraph(ModelOptions(str(tmp_path / "tiny.gguf")), ModelError)
    assert message.endswith("tiny.gguf: there is no such GGUF file. Check the path.")


@pytest.mark.parametrize("files", [{}, {"config.json": "{"}, {"config.json": '{"model_type": "no-such-family"}'}])
def test_a_directory_that_holds_no_model_is_explained(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    message = paragraph(ModelOptions(str(tmp_path)), ModelError)
    assert message.startswith(f"--kv-model={tmp_path} cannot be loaded: ")
    assert "Give a hub id that this machine can reach, a directory with config.json and safetensors" in message


def test_a_broken_gguf_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF" + bytes(64))
    assert "broken.gguf cannot be loaded: " in paragraph(ModelOptions(str(tmp_path / "broken.gguf")), ModelError)


def test_broken_weights_are_explained(model_directory: Path, tmp_path: Path) -> None:
    for file in model_directory.iterdir():
        text = b"not safetensors" if file.suffix == ".safetensors" else file.read_bytes()
        (tmp_path / file.name).write_bytes(text)
    assert "cannot be loaded: " in paragraph(ModelOptions(str(tmp_path)), ModelError)


def test_a_hub_id_without_network_is_explained_with_a_near_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*args: object, **options: object) -> None:
        raise OSError("We couldn't connect to 'https://huggingface.co' to load the files.\nCheck your connection.")

    monkeypatch.setattr(loading.AutoTokenizer, "from_pretrained", offline)
    message = paragraph(ModelOptions("smollm"), ModelError)
    assert message == (
        "--kv-model=smollm cannot be loaded: We couldn't connect to 'https://huggingface.co' to load the files. Give a "
        "hub id that this machine can reach, a directory with config.json and safetensors, a .gguf file, 'smolguard', "
        "the default, or 'smollm2', which come from the package index. Did you mean 'smollm2'?"
    )


def test_an_error_without_a_message_is_named_by_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*args: object, **options: object) -> None:
        raise RecursionError

    monkeypatch.setattr(loading.AutoTokenizer, "from_pretrained", silent)
    assert "cannot be loaded: RecursionError Give" in paragraph(ModelOptions("some/model"), ModelError)


def test_an_unknown_dtype_is_refused_before_the_model_is_loaded() -> None:
    message = paragraph(ModelOptions("/no/such/model", dtype="bfloat"), UsageError)
    assert message == f"Unknown --kv-dtype=bfloat. Did you mean 'bfloat16'? Known: {', '.join(DTYPES)}."


@pytest.mark.parametrize("device", ["toaster", "cuda:77"])
def test_a_device_that_cannot_be_used_is_refused_with_the_one_that_can(device: str) -> None:
    message = paragraph(ModelOptions("/no/such/model", device=device), UsageError)
    assert message.startswith(f"--kv-device={device} cannot be used: ") and message.endswith("Try --kv-device=cpu.")


def test_the_default_model_can_be_loaded_and_ends_its_turns() -> None:
    if not list(cache_directory().glob("smollm2-135m-instruct-*/model.safetensors")):
        pytest.skip("needs default model")
    model = load_model(ModelOptions())
    assert model.tokenizer.convert_tokens_to_ids("<|im_end|>") in model.stop_ids
    assert model.tokenizer.chat_template and model.max_tokens >= 2048
    config = model.model.config
    assert (config.num_attention_heads, config.num_key_value_heads) == (9, 3)
