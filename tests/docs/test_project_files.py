"""The files that connect the guard to GitHub and pre-commit are valid."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.docs.pages import ROOT

WORKFLOW = ROOT / "pytest_kvguard" / "commands" / "project" / "kvguard.yml"


def complaints(schema: str, path: Path) -> str:
    linter = shutil.which("check-jsonschema")
    if linter is None:
        pytest.skip("needs check-jsonschema")
    ran = subprocess.run([linter, "--builtin-schema", schema, str(path)], capture_output=True, text=True, check=False)
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr


def test_the_workflow_that_init_writes_is_valid() -> None:
    assert complaints("vendor.github-workflows", WORKFLOW) == ""


def test_the_linter_rejects_an_invalid_workflow(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOW.read_text().replace("runs-on:", "run-on:"))
    assert "run-on" in complaints("vendor.github-workflows", broken)


def test_the_action_is_valid() -> None:
    assert complaints("vendor.github-actions", ROOT / "action.yml") == ""


def test_pre_commit_hooks_run_an_existing_command() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {hook["language"] for hook in hooks} == {"python", "system"}
    assert all({"id", "name", "entry", "files"} <= set(hook) for hook in hooks)
    assert {hook["entry"] for hook in hooks} == {"python -m pytest_kvguard validate"}
