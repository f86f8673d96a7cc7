"""The plugin imports nothing heavy until a test needs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugin.conftest import Guard

HEAVY = {"torch", "transformers", "numpy", "scipy", "yaml", "jsonschema", "rich", "tqdm"}


def imported(folder: Path, *args: str) -> set[str]:
    """Return the top-level packages that a pytest run in its own process imports."""
    # Without -s, pytest would capture Python's list of imports.
    command = [sys.executable, "-X", "importtime", "-m", "pytest", "-s", *args]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    modules = (line.rpartition("|")[2].strip() for line in ran.stderr.splitlines() if line.startswith("import time:"))
    return {module.partition(".")[0] for module in modules}


def test_asking_for_the_version_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    assert not imported(pytester.path, "--version") & HEAVY


def test_listing_the_plugins_imports_this_one_and_nothing_heavy(pytester: pytest.Pytester) -> None:
    packages = imported(pytester.path, "--version", "--version")
    assert "pytest_kvguard" in packages
    assert not packages & HEAVY


def test_a_project_without_contracts_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_addition(): assert 1 + 1 == 2")
    assert not imported(pytester.path) & HEAVY


def test_collecting_contracts_imports_no_torch(guard: Guard) -> None:
    packages = imported(guard.pytester.path, "--co", "--kv-policy=fair(snapkv)")
    assert "yaml" in packages
    assert not packages & {"torch", "transformers", "numpy", "scipy", "rich", "tqdm"}
