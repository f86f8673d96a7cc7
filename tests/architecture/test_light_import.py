"""What is only named is not loaded: torch comes with the first model, not with the first import."""

from __future__ import annotations

import subprocess
import sys

import pytest

import kvguard_policies

LIGHT = {
    "the policies package": "import kvguard_policies",
    "the policy table": "import kvguard_policies.table; kvguard_policies.table.names()",
    "checking a spec": "from kvguard_policies.spec import PolicySpec; PolicySpec.read('fair(snapkv(window=4))')",
    "reading a ratio": "from kvguard_policies import parse_ratio; parse_ratio('0.5')",
    "the default model's location": "from pytest_kvguard.models.embedded_model import cache_directory",
    "errors": "import pytest_kvguard.errors",
    "cells": "from pytest_kvguard.values.cell import Cell; Cell.of('fair(snapkv)', '0.5')",
    "the settings of a run": "from pytest_kvguard.runs.settings import read_settings; read_settings()",
    "verdicts": "from pytest_kvguard import Verdict",
}


@pytest.mark.parametrize("what", LIGHT)
def test_torch_stays_unloaded_by(what: str) -> None:
    heavy = "import sys; assert not {'torch', 'transformers'} & set(sys.modules)"
    ran = subprocess.run([sys.executable, "-c", f"{LIGHT[what]}; {heavy}"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_the_plugin_loads_nothing_that_reads_or_judges_contracts() -> None:
    late = "{'jsonschema', 'yaml', 'numpy', 'pytest_kvguard.verifiers', 'pytest_kvguard.leaks'}"
    code = f"import sys, pytest_kvguard.plugin; print(*sorted({late} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""


def test_the_policies_package_loads_its_names_when_first_used() -> None:
    assert all(getattr(kvguard_policies, name) is not None for name in kvguard_policies.__all__)
    with pytest.raises(AttributeError, match="module 'kvguard_policies' has no attribute 'compres'"):
        kvguard_policies.compres  # noqa: B018


def test_the_policies_package_loads_without_the_plugin() -> None:
    use = "import kvguard_policies as k, sys; [getattr(k, n) for n in k.__all__]; k.load('fair(snapkv)')"
    check = "assert not [m for m in sys.modules if m.startswith('pytest_kvguard')]"
    ran = subprocess.run([sys.executable, "-c", f"{use}; {check}"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
