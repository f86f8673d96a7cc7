"""The default model on shipped contracts: the guard detects real losses of instructions."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_kvguard.models.embedded_model import cache_directory
from tests.plugin.shop import SHOP

ROOT = Path(__file__).parents[2]
BASE = next(cache_directory().glob("smollm2-135m-instruct-*/config.json"), None)
CONTRACTS = ("cases/facts/dialysis-centre.kv.yaml", "cases/guardrails/card-helpdesk.kv.yaml")
LOST = re.compile(r"^FAILED \S+?::([\w-]+::[\w-]+)\[(\w+)-\S+ - LOST: ", re.MULTILINE)

pytestmark = pytest.mark.skipif(
    BASE is None and os.environ.get("KVGUARD_TEST_DOWNLOAD") != "1",
    reason="the default model is not in the cache; KVGUARD_TEST_DOWNLOAD=1 fetches it (90 MB)",
)


def screen_of(*args: str) -> str:
    """Run the contracts in a separate process and return its output."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rf", *CONTRACTS, *args]
    environment = {**os.environ, "COLUMNS": "200"}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED), ran.stdout + ran.stderr
    return ran.stdout


def test_the_uncompressed_model_obeys_most_instructions() -> None:
    held = re.search(r"^(\d+) HELD", screen_of(), re.MULTILINE)
    assert held is not None
    assert int(held.group(1)) >= 8


def test_lost_instructions_are_named_and_differ_between_policies() -> None:
    cells = "snapkv-0.5 or knorm-0.3"
    screen = screen_of("--kv-policy=snapkv,knorm", "--ratio=0.5,0.3", "-k", cells)
    lost = {policy: {case for case, by in LOST.findall(screen) if by == policy} for policy in ("snapkv", "knorm")}
    assert lost["snapkv"]
    for case in lost["snapkv"] | lost["knorm"]:
        probe, instruction = case.split("::")
        assert re.search(rf"^LOST  \S+ · {probe} · {instruction}$", screen, re.MULTILINE)
    assert lost["snapkv"] != lost["knorm"]


NEWLY = re.compile(r"^FAILED \S+?::([\w-]+::[\w-]+)\[\S+ - newly LOST: ", re.MULTILINE)


def test_another_window_fails_with_the_losses_that_were_not_accepted_and_back_again_they_have_recovered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CI", "BUILD_NUMBER"):  # where nothing is accepted
        monkeypatch.delenv(name, raising=False)
    file, usual, narrow = (
        f"--kv-accept={tmp_path / 'losses.yaml'}",
        "--kv-policy=snapkv",
        "--kv-policy=snapkv(window=8)",
    )
    before, after = ({case for case, _ in LOST.findall(screen_of(each, "--kv-accept=off"))} for each in (usual, narrow))
    assert before - after and after - before

    update = screen_of(usual, file, "--kv-accept=update")
    assert " failed" not in update and f"{len(before)} xfailed" in update
    assert set(NEWLY.findall(screen_of(narrow, file))) == after - before

    screen_of(narrow, file, "--kv-accept=update")
    back = screen_of(usual, file)
    assert set(NEWLY.findall(back)) == before - after
    assert f"{len(after - before)} recovered" in back


SHORT = "generate: {max_new_tokens: 2}\n"


def test_the_first_failure_of_a_first_run_shows_no_progress_bars_of_loading(tmp_path: Path) -> None:
    if BASE is None:
        pytest.skip("needs the converted stock model, as the tests above leave it")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / BASE.parent.name).symlink_to(BASE.parent)
    (tmp_path / "shop.kv.yaml").write_text(SHOP.replace('contains: "9:30"', "contains: never said") + SHORT)
    environment = {**os.environ, "KVGUARD_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "pytest", "--kv-strict"]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == pytest.ExitCode.TESTS_FAILED, ran.stdout + ran.stderr
    assert "UNMET  shop · opening · hours" in ran.stdout
    assert "Captured" not in ran.stdout and "it/s" not in ran.stdout + ran.stderr
