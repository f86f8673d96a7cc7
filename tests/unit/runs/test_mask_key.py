"""The key of the digests that replace secrets."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from pytest_kvguard.runs.mask_key import VARIABLE, mask_key


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("KVGUARD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_key_is_made_once_and_kept_where_only_its_user_reads_it(cache: Path) -> None:
    first = mask_key()
    assert len(first) == 32
    assert mask_key() == first == (cache / "mask.key").read_bytes()
    assert stat.S_IMODE((cache / "mask.key").stat().st_mode) == 0o600


def test_the_environment_can_give_the_key(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "ours")
    assert mask_key() == b"ours"
    assert not cache.exists()


def test_where_no_key_can_be_kept_the_workers_of_a_run_agree(cache: Path) -> None:
    cache.write_text("a file stands in the way")
    assert mask_key("a run") == mask_key("a run") != mask_key("another run")
    assert mask_key() != mask_key()


@pytest.mark.parametrize("left", [b"", b"\x00" * 7, b"short of a byte, as a crash left"[:31]])
def test_an_empty_or_short_key_file_is_made_anew(cache: Path, left: bytes) -> None:
    cache.mkdir()
    (cache / "mask.key").write_bytes(left)
    key = mask_key()
    assert len(key) == 32 and key != left
    assert mask_key() == key == (cache / "mask.key").read_bytes()
    assert stat.S_IMODE((cache / "mask.key").stat().st_mode) == 0o600


def full_disk(*args: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("before", [None, b""])
def test_a_full_disk_leaves_no_part_of_a_key_and_the_run_has_one_of_its_own(
    cache: Path, monkeypatch: pytest.MonkeyPatch, step: str, before: bytes | None
) -> None:
    if before is not None:
        cache.mkdir()
        (cache / "mask.key").write_bytes(before)
    with monkeypatch.context() as patch:
        patch.setattr(os, step, full_disk)
        assert mask_key("a run") == b"a run"
        assert len(mask_key()) == 32
    left = {path.name: path.read_bytes() for path in cache.glob("mask.key*") if path.suffix != ".lock"}
    assert left == ({} if before is None else {"mask.key": before})
    assert mask_key() == (cache / "mask.key").read_bytes() != b""


def test_a_pipe_in_place_of_the_key_is_not_waited_for(cache: Path) -> None:
    cache.mkdir()
    os.mkfifo(cache / "mask.key")
    assert len(mask_key()) >= 32
