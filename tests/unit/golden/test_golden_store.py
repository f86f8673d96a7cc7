"""Goldens on disk are complete or absent; whatever fails, earlier goldens stay readable."""

from __future__ import annotations

import errno
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
import pytest

from pytest_kvguard.errors import GoldenError
from pytest_kvguard.golden import store as store_module
from pytest_kvguard.golden.compare import compare_levels
from pytest_kvguard.golden.key import GoldenKey, folder_name
from pytest_kvguard.golden.store import GoldenStore
from pytest_kvguard.values.cell import ON_SERVER, Cell
from tests.recordings import recording, turn


def key_of(policy: str, subject: str = "shop.kv.yaml") -> GoldenKey:
    return GoldenKey(subject, Cell.of(policy, "0.5"), "context")


KEY, OTHER = key_of("snapkv"), key_of("knorm")


@pytest.fixture
def store(tmp_path: Path) -> GoldenStore:
    return GoldenStore(tmp_path / "golden" / "small", "small")


def same(store: GoldenStore, key: GoldenKey, expected: object) -> bool:
    comparison = compare_levels(store.read(key), expected)
    return {r.outcome for r in comparison.results} == {"same"} and not comparison.changes


def test_a_golden_is_read_as_it_was_written_to_the_bit(store: GoldenStore) -> None:
    ran = recording(turn(), turn(kept=None, logits=None, prompt_ids=()))
    store.write(KEY, ran)
    read = GoldenStore(store.folder).read(KEY)
    assert (read.environment, read.verdicts) == (ran.environment, ran.verdicts)
    for old, new in zip(ran.conversations["talk"], read.conversations["talk"], strict=True):
        for name in ("token_ids", "text", "prompt_ids", "entries", "cache_bytes"):
            assert getattr(old, name) == getattr(new, name)
    first, second = read.conversations["talk"]
    assert (first.kept == turn().kept).all()
    assert all((getattr(first.logits, n) == getattr(turn().logits, n)).all() for n in ("ids", "values", "log_sums"))
    assert (second.kept, second.logits) == (None, None)


def test_a_cell_that_was_never_written_has_no_golden(store: GoldenStore) -> None:
    assert store.read(KEY) is None
    store.write(OTHER, recording())
    assert store.read(KEY) is None
    assert store.recorded_keys() == (OTHER,)


def test_equal_ratios_are_one_golden() -> None:
    keys = {GoldenKey("a", Cell.of("snapkv", ratio), "context") for ratio in ("0.5", "0.50", "1/2", ".5")}
    assert [key.record["ratio"] for key in keys] == ["0.5"]
    assert GoldenKey("a", Cell.of("snapkv", "1/3"), "context").record["ratio"] == "1/3"


def test_the_title_of_a_golden_is_its_subject_its_cell_and_an_unusual_scope() -> None:
    assert KEY.title == "shop.kv.yaml under snapkv 0.5"
    assert GoldenKey("a", Cell(kernel="eager"), "decode").title == "a uncompressed, eager, scope decode"
    assert GoldenKey("a", Cell(server="q4_0", kernel=ON_SERVER), "context").title == "a under server q4_0"


def test_a_key_is_read_from_its_record() -> None:
    for key in (
        KEY,
        GoldenKey("a", Cell(), "prompt"),
        GoldenKey("a", Cell(server="q4_0", kernel=ON_SERVER), "context"),
    ):
        assert GoldenKey.from_record({**key.record, "file": "x"}) == key


def test_a_models_folder_has_a_plain_name() -> None:
    names = {"smollm2": "smollm2", "org/Some-Model": "org-some-model", "~/models/mine.gguf": "mine.gguf", "./x/": "x"}
    assert {name: folder_name(name) for name in names} == names
    assert folder_name("///") == "model"


def test_the_order_of_writing_does_not_change_the_manifest(store: GoldenStore, tmp_path: Path) -> None:
    store.write(KEY, recording())
    store.write(OTHER, recording(hours="LOST"))
    other = GoldenStore(tmp_path / "b", "small")
    other.write(OTHER, recording(hours="LOST"))
    other.write(KEY, recording())
    assert other.manifest_path.read_text() == store.manifest_path.read_text()


def test_files_of_replaced_goldens_and_of_killed_runs_are_deleted(store: GoldenStore) -> None:
    store.write(KEY, recording())
    manifest = store.manifest_path.read_bytes()
    (tensors,) = store.folder.glob("*.safetensors")
    (store.folder / ".manifest.json.1.part").write_bytes(manifest[: len(manifest) // 2])
    (store.folder / f".{tensors.name}.0123456789abcdef.part").write_bytes(tensors.read_bytes()[:99])
    (store.folder / tensors.name.replace("shop", "killed")).write_bytes(tensors.read_bytes())
    store.write(KEY, recording(turn(token_ids=(1,))))
    assert len(list(store.folder.iterdir())) == 2
    store.remove([KEY])
    assert [path.name for path in store.folder.iterdir()] == ["manifest.json"]


def test_a_killed_update_leaves_the_old_golden(store: GoldenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write(KEY, recording())
    write = store_module._write_whole

    def die_before_the_manifest(path: Path, content: bytes) -> None:
        if path == store.manifest_path:
            raise KeyboardInterrupt
        write(path, content)

    monkeypatch.setattr(store_module, "_write_whole", die_before_the_manifest)
    with pytest.raises(KeyboardInterrupt):
        store.write(KEY, recording(turn(token_ids=(1,))))
    assert same(GoldenStore(store.folder), KEY, recording())


def test_a_full_disk_is_reported_and_changes_no_earlier_golden(
    store: GoldenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(KEY, recording())

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(GoldenError, match="No space left on device. Earlier goldens are unchanged. Free space"):
        store.write(KEY, recording(turn(token_ids=(1,))))
    assert same(store, KEY, recording())
    assert list(store.folder.glob(".*.part")) == []


@pytest.mark.parametrize("cut", [0, 20, -1])
def test_a_truncated_file_is_named(store: GoldenStore, cut: int) -> None:
    store.write(KEY, recording())
    (path,) = store.folder.glob("*.safetensors")
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(GoldenError, match=rf"{path.name} cannot be read: it is truncated or changed .*record it again"):
        store.read(KEY)


def test_a_lost_file_is_named(store: GoldenStore) -> None:
    store.write(KEY, recording())
    next(store.folder.glob("*.safetensors")).unlink()
    with pytest.raises(GoldenError, match="cannot be read: No such file or directory. Restore it"):
        store.read(KEY)


BROKEN = {
    "cut": (lambda text: text[: len(text) // 2], "it is not JSON"),
    "empty": (lambda text: "", "it is not JSON"),
    "another file": (lambda text: "[]", "it is not a manifest of goldens"),
    "a later version": (lambda text: text.replace('goldens": 1', 'goldens": 2'), "it has version 2"),
    "without a key": (lambda text: text.replace('"sha256"', '"sha"'), "it is damaged: KeyError"),
    "a path": (lambda text: text.replace('"file": "', '"file": "../'), "is not a file of this folder"),
    "a wrong ratio": (lambda text: text.replace('"0.5"', '"1/0"'), "it is damaged: ZeroDivisionError"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_manifest_is_explained_and_never_overwritten(store: GoldenStore, how: str) -> None:
    breaks, why = BROKEN[how]
    store.write(KEY, recording())
    broken = breaks(store.manifest_path.read_text(encoding="utf-8"))
    store.manifest_path.write_text(broken, encoding="utf-8")
    for act in (lambda: store.read(KEY), lambda: store.write(OTHER, recording()), lambda: store.remove([KEY])):
        with pytest.raises(GoldenError, match=f"manifest.json cannot be read: .*{why}.*Restore it"):
            act()
    assert store.manifest_path.read_text(encoding="utf-8") == broken


def test_a_manifest_that_names_missing_tensors_is_explained(store: GoldenStore) -> None:
    store.write(KEY, recording())
    document = json.loads(store.manifest_path.read_text())
    document["cells"][0]["conversations"]["talk"][0]["tokens"] = "gone"
    store.manifest_path.write_text(json.dumps(document))
    with pytest.raises(GoldenError, match="cannot be read: KeyError: 'gone'"):
        store.read(KEY)


def write_many(folder: Path, policy: str) -> None:
    for number in range(5):
        store = GoldenStore(folder, "small")
        store.write(key_of(policy, f"{number}.kv.yaml"), recording(turn(text=policy)))


def test_concurrent_writers_lose_no_golden(store: GoldenStore) -> None:
    policies = ("snapkv", "knorm", "tova")
    with ThreadPoolExecutor() as writers:
        list(writers.map(lambda policy: write_many(store.folder, policy), policies))
    keys = store.recorded_keys()
    assert len(keys) == 15
    assert all(same(store, key, recording()) for key in keys)


def test_masks_are_stored_as_bits(store: GoldenStore) -> None:
    mask = numpy.random.default_rng(0).random((30, 3, 333)) < 0.5
    store.write(KEY, recording(turn(kept=mask)))
    (path,) = store.folder.glob("*.safetensors")
    assert path.stat().st_size < mask.size / 8 * 1.2
    assert (store.read(KEY).conversations["talk"][0].kept == mask).all()
