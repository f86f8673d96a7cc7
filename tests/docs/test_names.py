"""Every path, module, option and message that a page names exists."""

from __future__ import annotations

import ast
import importlib
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.runs.given import GivenOptions
from pytest_kvguard.runs.options import OPTIONS
from pytest_kvguard.runs.settings import read_settings
from pytest_kvguard.verifiers.table import rule
from tests.docs.pages import PAGES, ROOT, code_blocks, code_words, page_id, prose, reference

PACKAGES = ("pytest_kvguard", "kvguard_policies", "benchmarks", "smolguard")
FOLDERS = (*PACKAGES, "cases", "docs", "tests", ".ci")
NO_MODULES = {"pytest_kvguard.extensions"}
"""An entry-point group, not a module."""

OF_SERVERS = {"--kv-cache-dtype"}
"""vLLM's own option."""

HISTORY = "CHANGELOG.md"
"""This page also names removed files and options."""

every_page = pytest.mark.parametrize("page", [page for page in PAGES if page_id(page) != HISTORY], ids=page_id)


def paths_in(page: Path) -> list[str]:
    words = [word.removeprefix("./") for word in code_words(prose(page)) if " " not in word]
    return [word for word in words if re.fullmatch(r"[\w.-]+(?:/[\w.-]+)*/?", word) and "/" in word]


def is_of_this_repository(word: str, page: Path) -> bool:
    """Return whether a path is in this repository; the architecture page also writes paths within the package."""
    top = word.partition("/")[0]
    return top in FOLDERS or (page.name == "ARCHITECTURE.md" and (ROOT / "pytest_kvguard" / top).is_dir())


def exists(word: str) -> bool:
    """Return whether a path exists; of a path with ``NAME``, which readers replace, only the folder must exist."""
    known = word.rpartition("/")[0] if "NAME" in word else word
    return any((folder / known).exists() for folder in (ROOT, ROOT / "pytest_kvguard"))


@every_page
def test_paths_of_the_repository_exist(page: Path) -> None:
    assert [word for word in paths_in(page) if is_of_this_repository(word, page) and not exists(word)] == []


def resolves(dotted: str) -> bool:
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for name in parts[cut:]:
            value = getattr(value, name, None)
        return value is not None
    return False


@every_page
def test_modules_and_their_members_exist(page: Path) -> None:
    dotted = re.compile(rf"(?:{'|'.join(PACKAGES)})(?:\.\w+)+")
    words = {word for word in code_words(prose(page)) if dotted.fullmatch(word)} - NO_MODULES
    assert [word for word in sorted(words) if not resolves(word)] == []


@every_page
def test_commands_name_modules_that_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    modules = set(re.findall(rf"python -m ((?:{'|'.join(PACKAGES)})[\w.]*\w)", text))
    assert [module for module in sorted(modules) if find_spec(module) is None] == []


@every_page
def test_imports_in_python_samples_exist(page: Path) -> None:
    imports = (node for sample in code_blocks(page, "python") for node in ast.walk(ast.parse(sample)))
    froms = [node for node in imports if isinstance(node, ast.ImportFrom)]
    names = [f"{node.module}.{alias.name}" for node in froms for alias in node.names]
    assert [name for name in names if name.partition(".")[0] in PACKAGES and not resolves(name)] == []


@every_page
def test_options_are_declared(page: Path) -> None:
    written = set(re.findall(r"(?<![\w-])--kv-[a-z-]*[a-z]", page.read_text(encoding="utf-8")))
    assert written - {string for option in OPTIONS for string in option.strings} - OF_SERVERS == set()


@every_page
def test_ini_values_are_declared(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    blocks = "\n".join(block for language in ("ini", "toml") for block in code_blocks(page, language))
    written = {*re.findall(r"-o (kv_\w+)", text), *re.findall(r"^(kv_\w+) *=", blocks, re.MULTILINE)}
    assert written - {option.name for option in OPTIONS} == set()


def message_of(act: Any) -> str:
    with pytest.raises(UsageError) as caught:
        act()
    return str(caught.value)


def test_the_errors_page_shows_real_messages() -> None:
    lines = code_blocks(ROOT / "docs" / "reference" / "errors.md", "text")[0].splitlines()
    wrong = ({"kv_policy": "snapkw"}, {"kv_policy": "snapkv", "kv_ratio": "50"}, {"kv_scope": "all"})
    messages = [
        f"ERROR: {message_of(lambda values=values: read_settings(GivenOptions.of(values)))}" for values in wrong
    ]
    messages.append(f"bakery.kv.yaml:7: {message_of(lambda: rule('contain'))}")
    for line, message in zip(lines, messages, strict=False):
        assert re.fullmatch(".*".join(map(re.escape, line.split("…"))), message), message


def test_the_glossary_has_every_word_once() -> None:
    words = re.findall(r"^\| ([a-zA-Z][^|]*) \|", reference("glossary"), re.MULTILINE)
    terms = [word for word in words if word != "word"]
    assert len(terms) == len(set(terms)) > 50
