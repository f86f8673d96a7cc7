"""The files of a model, and their digest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_kvguard.errors import ModelError
from pytest_kvguard.models import model_source as module
from pytest_kvguard.models.model_source import fingerprint, local_files
from pytest_kvguard.models.options import ModelOptions
from pytest_kvguard.result_store.store import ResultStore


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    directory = tmp_path / "model"
    directory.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json", "tiny.gguf", "other.gguf"):
        (directory / name).write_text(f"the content of {name}")
    (directory / "checkpoints").mkdir()
    return directory


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / "results", 1 << 20)


def names(options: ModelOptions) -> list[str]:
    return [path.name for path in local_files(options)]


def test_a_folder_is_all_its_files(folder: Path) -> None:
    assert names(ModelOptions(str(folder))) == sorted(path.name for path in folder.iterdir() if path.is_file())


def test_a_gguf_file_is_itself_and_the_settings_beside_it(folder: Path) -> None:
    assert names(ModelOptions(str(folder / "tiny.gguf"))) == ["config.json", "tiny.gguf", "tokenizer.json"]


def test_a_model_whose_files_are_known_only_after_loading_has_none(folder: Path) -> None:
    assert names(ModelOptions("some/model-of-the-hub")) == []
    assert names(ModelOptions(str(folder), trust_remote_code=True)) == []
    (folder / "adapter_config.json").write_text("{}")
    assert names(ModelOptions(str(folder))) == []


def test_a_missing_model_is_an_error() -> None:
    with pytest.raises(ModelError, match="there is no such directory"):
        local_files(ModelOptions("/no/such/model"))


@pytest.mark.parametrize("edited", ["config.json", "model.safetensors", "tokenizer.json"])
def test_the_digest_changes_with_any_file(folder: Path, store: ResultStore, edited: str) -> None:
    before = fingerprint(local_files(ModelOptions(str(folder))), store)
    assert fingerprint(local_files(ModelOptions(str(folder))), store) == before
    (folder / edited).write_text("something else")
    assert fingerprint(local_files(ModelOptions(str(folder))), store) != before


def test_the_digest_does_not_depend_on_where_a_folder_is(folder: Path, store: ResultStore) -> None:
    before = fingerprint(local_files(ModelOptions(str(folder))), store)
    moved = folder.rename(folder.with_name("moved"))
    assert fingerprint(local_files(ModelOptions(str(moved))), store) == before


def test_files_that_have_not_changed_are_not_read_again(
    folder: Path, store: ResultStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = local_files(ModelOptions(str(folder)))
    before = fingerprint(files, store)
    read: list[str] = []
    monkeypatch.setattr(module, "BLOCK_BYTES", 4)
    read_digest = module._read
    monkeypatch.setattr(module, "_read", lambda path: (read.append(path.name), read_digest(path))[1])
    assert fingerprint(files, store) == before
    assert read == []
    os.utime(folder / "config.json", (1, 1))
    assert fingerprint(files, store) == before, "modified, with the same content"
    assert read == ["config.json"]
