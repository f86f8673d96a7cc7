"""The key of the digests that replace secrets."""

from __future__ import annotations

import stat
from pathlib import Path

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
