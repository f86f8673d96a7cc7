"""store: the content of the result store is shown, pruned and cleared."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest

from pytest_kvguard.commands.table import run
from pytest_kvguard.result_store.store import ResultStore


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = ResultStore(tmp_path / "results", 1 << 30)
    for number in range(3):
        key = sha256(str(number).encode()).hexdigest()
        store.put(key, os.urandom(1 << 20))
        os.utime(store._path(key), (number * 86400, number * 86400))
    return store.folder


def test_it_shows_how_many_entries_there_are_and_what_they_take(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["store", f"--dir={folder}"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{folder}: 3 entries, 3.0 MiB, used from 19")
    assert said.count("\n") == 1


def test_it_prunes_the_longest_unused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["store", "prune", "--mib=2", f"--dir={folder}"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("removed 2 entries, the longest unused ones\n"), "their heads do not fit beside two"
    assert f"{folder}: 1 entry, 1.0 MiB" in said


def test_it_clears(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["store", "clear", f"--dir={folder}"]) == 0
    assert capsys.readouterr().out == f"removed 3 entries\n{folder}: empty\n"
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_store_that_is_not_there_is_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["store", f"--dir={tmp_path / 'none'}"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'none'}: empty\n"


def test_a_negative_limit_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["store", "prune", "--mib=-1", f"--dir={tmp_path}"]) == 1
    assert capsys.readouterr().err == "--mib=-1 is below 0. Give the MiB that may be left.\n"
