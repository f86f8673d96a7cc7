"""680 damaged goldens: each is read, or refused with a word."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from pytest_kvguard.errors import GoldenError
from pytest_kvguard.golden.key import GoldenKey
from pytest_kvguard.golden.store import GoldenStore
from pytest_kvguard.values.cell import Cell
from tests.fuzz.mutants import byte_mutants, json_mutants, text_mutants, within_limit
from tests.recordings import recording

KEY = GoldenKey("shop.kv.yaml", Cell.of("snapkv", "0.5"), "context")


def read_or_refuse(folder: Path) -> bool:
    """Read every golden of a folder; return whether one was refused."""
    store = GoldenStore(folder)
    try:
        for key in (KEY, *store.recorded_keys()):
            store.read(key)
    except GoldenError as error:
        assert str(folder) in str(error) and len(str(error)) < 8000
        return True
    return False


def test_damaged_goldens_are_read_or_refused(tmp_path: Path) -> None:
    folder, refused = tmp_path / "tiny", 0
    GoldenStore(folder).write(KEY, recording())
    manifest = folder / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    assert not read_or_refuse(folder)
    mutants = [json.dumps(mutant) for mutant in json_mutants(json.loads(text), 400)]
    for mutant in (*mutants, *text_mutants(text, 120), "[" * 200_000, '{"a":' * 100_000):
        manifest.write_bytes(mutant.encode("utf-8", "surrogatepass"))
        outcome: list[bool] = []
        within_limit(mutant, lambda kept=outcome: kept.append(read_or_refuse(folder)))  # type: ignore[misc]
        refused += outcome[0]
    assert refused > 100


def test_damaged_tensors_are_read_or_refused_even_if_their_digest_is_right(tmp_path: Path) -> None:
    folder, refused = tmp_path / "tiny", 0
    GoldenStore(folder).write(KEY, recording())
    manifest = folder / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    (tensors,) = folder.glob("*.safetensors")
    content = tensors.read_bytes()
    for mutant in byte_mutants(content, 160):
        tensors.write_bytes(mutant)
        manifest.write_text(text.replace(sha256(content).hexdigest(), sha256(mutant).hexdigest()), encoding="utf-8")
        outcome: list[bool] = []
        within_limit(mutant, lambda kept=outcome: kept.append(read_or_refuse(folder)))  # type: ignore[misc]
        refused += outcome[0]
    assert refused > 50


def test_deep_nesting_is_refused_with_a_word(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("[" * 200_000)
    with pytest.raises(GoldenError, match="it is not JSON: it is nested too deeply to be read"):
        GoldenStore(tmp_path).recorded_keys()
