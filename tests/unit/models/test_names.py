"""What models are called, and what they were called before."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pytest_kvguard.models.options import ModelOptions, current_name

NOTICE = "kvguard: the model `probe` is called `smolguard` now"


@pytest.mark.parametrize("name", ["smolguard", "smollm2", "org/probe", "./probe", "probe.gguf"])
def test_other_names_are_left_alone(name: str) -> None:
    told: list[str] = []
    assert current_name(name, told.append) == name
    assert told == []


def test_the_former_name_is_said_and_becomes_the_present_one() -> None:
    told: list[str] = []
    assert current_name("probe", told.append) == "smolguard"
    assert told == [NOTICE]


def test_a_script_with_the_former_name_is_told_once_even_where_warnings_are_errors() -> None:
    code = f"from {ModelOptions.__module__} import ModelOptions as M; print(M('probe').name, M('probe').name)"
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "smolguard smolguard\n"
    assert ran.stderr == f"{NOTICE}\n"
