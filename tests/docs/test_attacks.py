"""The table of attacks names tests that exist."""

from __future__ import annotations

import ast
from functools import cache

import pytest

from tests.docs.pages import ROOT, code_words, reference

ROWS = [
    [cell.strip() for cell in line.strip("|").replace(r"\|", "").split(" | ")]
    for line in reference("attacks").splitlines()
    if line.startswith("| ") and not line.startswith("| kind ")
]


@cache
def names_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_attack_is_described_and_its_test_exists(row: list[str]) -> None:
    assert len(row) == 5 and all(row), row
    [(path, name)] = (word.split("::") for word in code_words(row[-1]))
    assert name in names_of(path)


def test_there_are_many_kinds() -> None:
    assert len(ROWS) > 50
    assert len({row[-1] for row in ROWS}) == len(ROWS), "each kind has a test of its own"
