"""The result store returns complete results or none, whatever readers, writers, kills and disks do."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kvguard.errors import UsageError
from pytest_kvguard.result_store.store import SCRATCH, CorruptEntryError, ResultStore, pack_entry, unpack_entry
from tests.foreign_files import content_of, foreign_folders, write_files

MIB = 1 << 20


def key(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def files(store: ResultStore) -> list[Path]:
    return [entry.path for entry in store.entries()]


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / "results", MIB)


def test_a_stored_payload_is_returned_and_no_other(store: ResultStore) -> None:
    store.put(key("a"), b"reply")
    assert store.get(key("a")) == b"reply"
    assert store.get(key("b")) is None
    store.put(key("a"), b"another")
    assert store.get(key("a")) == b"another"
    assert len(files(store)) == 1


def test_only_the_owner_can_read_entries(store: ResultStore) -> None:
    store.put(key("a"), b"the voucher code is KX-4471")
    [path] = files(store)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: raw[:-3],
        lambda raw: raw[:20],
        lambda raw: b"",
        lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]),
        lambda raw: raw + b"x",
        lambda raw: b"kvguard\x00" + raw[8:],
        lambda raw: pack_entry(key("b"), b"of another key"),
    ],
    ids=["cut", "beheaded", "empty", "flipped", "longer", "other-format", "other-key"],
)
def test_a_broken_entry_is_none_and_is_removed(store: ResultStore, spoil) -> None:  # type: ignore[no-untyped-def]
    store.put(key("a"), b"reply" * 100)
    [path] = files(store)
    path.write_bytes(spoil(path.read_bytes()))
    assert store.get(key("a")) is None
    assert not path.exists()
    store.put(key("a"), b"anew")
    assert store.get(key("a")) == b"anew"


def test_every_single_flipped_bit_is_noticed() -> None:
    raw = pack_entry(key("a"), b"reply")
    for place in range(len(raw)):
        for bit in range(8):
            broken = raw[:place] + bytes([raw[place] ^ (1 << bit)]) + raw[place + 1 :]
            with pytest.raises(CorruptEntryError):
                unpack_entry(key("a"), broken)


def test_the_least_recently_used_entries_are_removed_when_the_limit_is_exceeded(tmp_path: Path) -> None:
    store = ResultStore(tmp_path, MIB)
    for number in range(4):
        store.put(key(str(number)), os.urandom(10_000))
        os.utime(store._path(key(str(number))), (number, number))
    assert store.get(key("0")) is not None, "read, so used more recently than 1"
    assert ResultStore(tmp_path, 40_000).prune() == 1, "the heads of four entries exceed the limit"
    assert [store.get(key(str(number))) is not None for number in range(4)] == [True, False, True, True]


def test_a_long_run_keeps_to_the_limit_while_it_writes(tmp_path: Path) -> None:
    store = ResultStore(tmp_path, 50_000)
    for number in range(60):
        store.put(key(str(number)), os.urandom(5_000))
        assert sum(entry.size_bytes for entry in store.entries()) <= 50_000 + 50_000 / 8 + 5_100
    assert store.get(key("59")) is not None


def test_nothing_is_removed_below_the_limit(store: ResultStore) -> None:
    store.put(key("a"), b"reply")
    assert store.prune() == 0
    store.close()
    assert store.get(key("a")) == b"reply"


def test_files_left_over_from_a_killed_writer_are_removed_and_never_read(store: ResultStore) -> None:
    store.put(key("a"), b"reply")
    [path] = files(store)
    old, new = path.with_name(f"{SCRATCH}old_4711"), path.with_name(f"{SCRATCH}new_4711")
    for scratch in (old, new):
        scratch.write_bytes(path.read_bytes()[:9])
    os.utime(old, (1, 1))
    assert files(store) == [path]
    store.prune()
    assert (old.exists(), new.exists()) == (False, True), "the new one may belong to another process"
    assert store.clear() == 1
    assert not new.exists()


@pytest.mark.parametrize("where", ["a file stands there", "no right to write"])
def test_an_unwritable_folder_causes_one_warning_and_no_error(tmp_path: Path, where: str) -> None:
    warnings: list[str] = []
    blocked = tmp_path / "blocked"
    if where == "a file stands there":
        blocked.write_text("in the way")
    else:
        if os.geteuid() == 0:
            pytest.skip("root may write everywhere")
        blocked.mkdir(mode=0o500)
    store = ResultStore(blocked / "results", MIB, warnings.append)
    store.put(key("a"), b"reply")
    store.put(key("b"), b"reply")
    assert store.get(key("a")) is None
    assert len(warnings) == 1
    assert warnings[0].startswith(f"results cannot be stored in {blocked / 'results'}: ")
    assert warnings[0].endswith("Free space there, give another --kv-store-dir, or add --kv-no-store.")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device without room")
def test_a_full_disk_leaves_no_entry(store: ResultStore, monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    store = ResultStore(store.folder, MIB, warnings.append)
    store.put(key("before"), b"reply")

    def open_full(handle: int, mode: str) -> IO[bytes]:
        os.close(handle)
        return Path("/dev/full").open(mode)  # noqa: SIM115 - the store closes it

    monkeypatch.setattr(os, "fdopen", open_full)
    store.put(key("a"), b"reply")
    assert "No space left on device" in warnings[0]
    monkeypatch.undo()
    assert [path.name for path in store.folder.rglob("*") if path.is_file()] == [key("before")[2:]]
    assert store.get(key("before")) == b"reply"


def write_and_read(folder: Path) -> int:
    store = ResultStore(folder, 30_000)  # small, so that processes prune under each other's hands
    wrong = 0
    for turn in range(60):
        name = str(turn % 12)
        store.put(key(name), name.encode() * 1000 + os.urandom(2000))
        payload = store.get(key(name))
        wrong += payload is not None and not payload.startswith(name.encode() * 1000)
    return wrong


def test_processes_that_write_read_and_prune_at_once_never_see_half_an_entry(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        assert list(pool.map(write_and_read, [tmp_path] * 3)) == [0, 0, 0]
    assert not list(tmp_path.rglob(f"{SCRATCH}*"))


@settings(max_examples=60)
@given(files=foreign_folders(), is_store=st.booleans())
def test_a_folder_with_other_files_is_never_pruned_or_cleared(
    files: dict[str, bytes], is_store: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("folder")
    write_files(folder, files)
    said: list[str] = []
    store = ResultStore(folder, 1, said.append)
    if is_store:
        store.put(key("a"), b"reply")
        store.close()
        assert store.get(key("a")) == b"reply", "nothing is pruned from a folder that is shared"
        assert said and all("is not a folder of results alone" in warning for warning in said)
    for remove in (store.prune, store.clear):
        with pytest.raises(UsageError, match="it also holds .*Its files are left as they are"):
            remove()
    assert content_of(folder, files) == files


def test_links_are_never_followed(store: ResultStore, tmp_path: Path) -> None:
    elsewhere = ResultStore(tmp_path / "elsewhere", MIB)
    elsewhere.put(key("a"), b"reply")
    store.folder.mkdir()
    (store.folder / "v1").symlink_to(elsewhere.folder / "v1")
    with pytest.raises(UsageError, match="it also holds v1"):
        store.clear()
    assert elsewhere.get(key("a")) == b"reply"


def test_empty_files_of_a_lost_machine_do_not_keep_a_store_from_being_cleared(store: ResultStore) -> None:
    store.put(key("a"), b"reply")
    [path] = files(store)
    path.with_name(key("b")[2:]).touch()
    assert store.clear() == 1
    assert not path.exists()
