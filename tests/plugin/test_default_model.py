"""The default model on shipped contracts: the guard sees real instructions being lost."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_kvguard.models.embedded_model import cache_directory

ROOT = Path(__file__).parents[2]
CONTRACTS = ("cases/facts/dialysis-centre.kv.yaml", "cases/guardrails/card-helpdesk.kv.yaml")
LOST = re.compile(r"^FAILED \S+?::([\w-]+::[\w-]+)\[(\w+)-\S+ - LOST: ", re.MULTILINE)

converted = any(cache_directory().glob("smollm2-135m-instruct-*/config.json"))
pytestmark = pytest.mark.skipif(
    not converted and os.environ.get("KVGUARD_TEST_DOWNLOAD") != "1",
    reason="the default model is not in the cache; KVGUARD_TEST_DOWNLOAD=1 fetches it (90 MB)",
)


def screen_of(*args: str) -> str:
    """Run the contracts in a process of its own and return what is on the screen."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rf", *CONTRACTS, *args]
    environment = {**os.environ, "COLUMNS": "200"}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED), ran.stdout + ran.stderr
    return ran.stdout


def test_the_uncompressed_model_obeys_most_instructions() -> None:
    held = re.search(r"^(\d+) HELD", screen_of(), re.MULTILINE)
    assert held is not None
    assert int(held.group(1)) >= 8


def test_policies_lose_instructions_by_name_and_not_the_same_ones() -> None:
    cells = "snapkv-0.5 or knorm-0.3"
    screen = screen_of("--kv-policy=snapkv,knorm", "--ratio=0.5,0.3", "-k", cells)
    lost = {policy: {case for case, by in LOST.findall(screen) if by == policy} for policy in ("snapkv", "knorm")}
    assert lost["snapkv"]
    for case in lost["snapkv"] | lost["knorm"]:
        probe, instruction = case.split("::")
        assert re.search(rf"^LOST  \S+ · {probe} · {instruction}$", screen, re.MULTILINE)
    assert lost["snapkv"] != lost["knorm"]
