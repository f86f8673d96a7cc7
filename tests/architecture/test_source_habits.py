"""The habits of ARCHITECTURE.md that can be read off the source: sizes, names, public surface, registries."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("kvguard_policies", "pytest_kvguard")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in SOURCES]
MOST_LINES, MOST_FUNCTION_LINES = 400, 60
NAMED_BY_NOTHING = {"utils", "util", "common", "helpers", "helper", "misc"}


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_the_packages_are_where_this_test_looks() -> None:
    assert all((ROOT / package / "__init__.py").is_file() for package in PACKAGES)


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    long = [f.name for f in functions(tree_of(path)) if f.end_lineno - f.lineno + 1 > MOST_FUNCTION_LINES]
    assert not long


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_are_named_by_the_noun_their_users_say(path: Path) -> None:
    assert not NAMED_BY_NOTHING & {part.removeprefix("test_") for part in path.relative_to(ROOT).with_suffix("").parts}


@pytest.mark.parametrize("path", SOURCES, ids=NAMES)
def test_the_public_surface_is_written_down_and_exists(path: Path) -> None:
    if path.name == "__init__.py" and len(tree_of(path).body) <= 1:
        return
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    assert len(set(module.__all__)) == len(module.__all__)
    assert not [name for name in module.__all__ if not hasattr(module, name)]


@pytest.mark.parametrize("path", [path for path in SOURCES if path.name == "__init__.py"], ids=str)
def test_no_registry_lives_in_a_package_init(path: Path) -> None:
    for node in tree_of(path).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            collects = isinstance(node.value, ast.Dict | ast.List | ast.Set | ast.DictComp | ast.Call)
            assert not collects or target.id in {"__all__", "_HOME"}


@pytest.mark.parametrize("path", SOURCES, ids=NAMES)
def test_policies_know_nothing_of_the_plugin(path: Path) -> None:
    if "kvguard_policies" in path.parts:
        imported = set(imported_modules(tree_of(path)))
        assert not {name for name in imported if name.split(".")[0] in {"pytest_kvguard", "pytest", "_pytest"}}


def imported_modules(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_only_one_file_touches_the_cache_internals_of_transformers() -> None:
    touching = [
        name
        for name, path in zip(NAMES, SOURCES, strict=True)
        if "transformers.cache_utils" in imported_modules(tree_of(path)) and "faults/seeded" not in name
    ]
    assert touching == ["kvguard_policies/hf_layers.py"]


def test_only_one_file_knows_the_name_of_the_argument_that_takes_a_cache() -> None:
    knowing = [name for name, path in zip(NAMES, SOURCES, strict=True) if "past_key_values" in path.read_text("utf-8")]
    # Presses of kvpress read it from their hooks, and kvpress needs a transformers in which it has this name.
    assert knowing == ["kvguard_policies/hf_layers.py", "kvguard_policies/presses/press_scores.py"]


@pytest.mark.parametrize("path", SOURCES, ids=NAMES)
def test_every_score_and_budget_names_its_source(path: Path) -> None:
    if path.parent.name not in {"scores", "budgets", "modifiers"}:
        return
    for node in tree_of(path).body:
        if isinstance(node, ast.ClassDef) and any("arXiv" in line for line in path.read_text().splitlines()):
            documentation = ast.get_docstring(node) or ""
            assert "Source: " in documentation and "Differs:" in documentation
