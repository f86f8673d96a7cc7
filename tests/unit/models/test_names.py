"""Present and former names of models."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pytest_kvguard.models.options import ModelOptions, current_name

NOTICE = "kvguard: the model `probe` is called `smolguard` now"


@pytest.mark.parametrize("name", ["smolguard", "smollm2", "org/probe", "./probe", "probe.gguf"])
def test_other_names_are_unchanged(name: str) -> None:
    notices: list[str] = []
    assert current_name(name, notices.append) == name
    assert notices == []


def test_the_former_name_becomes_the_present_one_with_a_notice() -> None:
    notices: list[str] = []
    assert current_name("probe", notices.append) == "smolguard"
    assert notices == [NOTICE]


def test_a_script_with_the_former_name_prints_one_notice_even_where_warnings_are_errors() -> None:
    code = f"from {ModelOptions.__module__} import ModelOptions as M; print(M('probe').name, M('probe').name)"
    process = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout == "smolguard smolguard\n"
    assert process.stderr == f"{NOTICE}\n"
