"""The file of accepted losses on disk: replaced whole, by one process at a time, and never another's."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kvguard.accepted import store
from pytest_kvguard.accepted.entry import Document
from pytest_kvguard.accepted.file_format import document_text, read_accepted
from pytest_kvguard.accepted.store import change_file
from pytest_kvguard.errors import UsageError
from tests.unit.accepted.accepted_losses import HOURS, MODEL, SNAPKV, TONE, document, entry

ONE, TWO = document(entry(HOURS)), document(entry(HOURS), entry(TONE))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new folder" / "kvguard.accepted.yaml"


def test_a_change_starts_from_what_the_file_holds_now(path: Path) -> None:
    assert change_file(path, lambda document: ONE)
    assert change_file(path, lambda document: TWO if document == ONE else ONE)
    assert path.read_text(encoding="utf-8") == document_text(TWO)
    assert read_accepted(path) == TWO


@pytest.mark.parametrize("nothing", [Document(), Document({(SNAPKV, MODEL): {}})])
def test_no_file_is_written_where_nothing_is_lost(path: Path, nothing: Document) -> None:
    assert not change_file(path, lambda document: nothing)
    assert not path.exists()


def test_a_file_that_says_so_already_is_not_touched(path: Path) -> None:
    change_file(path, lambda document: ONE)
    before = path.stat().st_mtime_ns
    assert not change_file(path, lambda document: ONE)
    assert path.stat().st_mtime_ns == before


def test_another_file_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("mine")
    with pytest.raises(UsageError, match="another file"):
        change_file(path, lambda document: ONE)
    assert path.read_text() == "mine"


def test_a_full_disk_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change_file(path, lambda document: ONE)

    def fail(*args: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "replace_file", fail)
    with pytest.raises(UsageError, match="could not be written: No space left on device. It is unchanged"):
        change_file(path, lambda document: TWO)
    assert read_accepted(path) == ONE


def test_what_killed_updates_have_left_is_swept_and_nothing_else(path: Path) -> None:
    path.parent.mkdir()
    scratch = {f".{path.name}.{n:016x}.part": text for n, text in enumerate(("", document_text(ONE)[:20], "mine"))}
    others = {f".other.yaml.{0:016x}.part": "", f"{path.name}.part": ""}
    for name, text in {**scratch, **others}.items():
        (path.parent / name).write_text(text)
    change_file(path, lambda document: ONE)
    left = {each.name for each in path.parent.iterdir()}
    assert left == {path.name, f".{path.name}.{2:016x}.part", *others}
