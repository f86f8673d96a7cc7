"""What answers in a run changes with the model's files, a server's build and a user's policy."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kvguard.accepted.entry import Identity
from pytest_kvguard.runs.given import GivenOptions
from pytest_kvguard.runs.identity import RunIdentity
from pytest_kvguard.runs.settings import read_settings
from pytest_kvguard.values.cell import Cell

SNAPKV = Cell.of("snapkv", "0.5")


def of(backend: Any = None, is_own: bool = True, revision: str = "", **options: str) -> RunIdentity:
    settings = read_settings(GivenOptions.of({f"kv_{name}": value for name, value in options.items()}))
    return RunIdentity(settings, backend or SimpleNamespace(title="a model"), is_own, lambda: revision)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_text("weights")
    return folder


def test_a_models_files_and_dtype_are_its_identity_and_its_folder_is_not(model: Path, tmp_path: Path) -> None:
    before = of(model=str(model))
    assert before.name == "tiny"
    assert of(model=str(model), dtype="bfloat16").of(SNAPKV) != before.of(SNAPKV)
    moved = model.rename(tmp_path / "elsewhere")
    assert of(model=str(moved)).of(SNAPKV) == before.of(SNAPKV)
    (moved / "model.safetensors").write_text("other weights")
    assert of(model=str(moved)).of(SNAPKV) != before.of(SNAPKV)


def test_a_model_of_the_hub_is_known_by_its_revision_but_not_from_outside_a_cluster() -> None:
    one, other = (of(model="org/model", revision=revision).of(SNAPKV) for revision in ("a", "b"))
    assert one != other
    assert of(model="org/model", revision="a", executor="ray").of(SNAPKV) == of(model="org/model").of(SNAPKV)


def test_servers_are_what_they_say_they_are() -> None:
    def servers(build: str, compressed: str) -> RunIdentity:
        baseline = SimpleNamespace(identity=build, model="llama")
        backend = SimpleNamespace(baseline=baseline, arms={"q4": SimpleNamespace(identity=compressed)}, title="servers")
        urls = {"baseline_endpoint": "http://a/v1", "endpoint": "q4=http://b/v1"}
        return of(backend, **urls)

    cell = Cell(server="q4", kernel="server")
    known = servers("b1", "b1")
    assert (known.name, known.of(cell).server) == ("llama", "b1")
    assert servers("b2", "b1").of(cell).model != known.of(cell).model
    assert servers("b1", "b2").of(cell) == Identity(known.of(cell).model, "", "b2")


def test_a_users_backend_is_known_by_its_title() -> None:
    one = of(SimpleNamespace(title="mine"), is_own=False)
    assert one.name == "mine"
    assert one.of(SNAPKV) != of(SimpleNamespace(title="yours"), is_own=False).of(SNAPKV)


def test_a_users_policy_is_known_by_its_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_kvguard.backends.code_digest import policy_digest

    monkeypatch.syspath_prepend(str(tmp_path))
    module = tmp_path / "kv_policy_of_mine.py"
    cell, codes = Cell.of("kv_policy_of_mine:Mine", "0.5"), []
    for text in ("class Mine: pass", "class Mine: x = 1", "class Mine: pass"):
        module.write_text(text)
        policy_digest.cache_clear()
        codes.append(of(is_own=False).of(cell).code)
    assert codes[0] == codes[2] != codes[1] and all(codes)
    assert of(is_own=False).of(SNAPKV).code == ""
