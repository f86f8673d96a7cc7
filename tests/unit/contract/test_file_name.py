"""A contract that pytest would not collect is told so."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kvguard.contract.file_name import collected_name, is_misnamed, refuse_ending
from pytest_kvguard.contract.parse import find_problems
from pytest_kvguard.errors import ContractError


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("bakery.kv.yml", "bakery.kv.yaml"),
        ("bakery.yaml", "bakery.kv.yaml"),
        ("bakery.yml", "bakery.kv.yaml"),
        ("bakery.kv.json", "bakery.kv.yaml"),
        ("bakery.json", "bakery.kv.yaml"),
        ("bakery", "bakery.kv.yaml"),
        ("bakery.KV.YAML", "bakery.kv.yaml"),
        ("my.bakery.yaml", "my.bakery.kv.yaml"),
        ("bakery.kv", "bakery.kv.yaml"),
    ],
)
def test_the_name_that_is_collected_is_named(tmp_path: Path, name: str, wanted: str) -> None:
    assert collected_name(Path(name)).name == wanted
    with pytest.raises(ContractError, match=f"names end in .kv.yaml, so not this. Rename it: {wanted}"):
        refuse_ending(Path(name))
    path = tmp_path / name
    path.write_text("kvguard: 2")
    assert [problem.line for problem in find_problems(path)] == [0, 1]


@pytest.mark.parametrize(
    ("name", "is_wrong"),
    [("a.kv.yml", True), ("a.kv.json", True), ("a.KV.yaml", True), ("a.kv.yaml", False), ("a.yaml", False)],
)
def test_only_an_ending_nearly_like_a_contracts_is_misnamed(name: str, is_wrong: bool) -> None:
    assert is_misnamed(name) is is_wrong
