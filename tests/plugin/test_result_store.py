"""A second run of an unchanged suite runs nothing; a killed run loses nothing that was finished."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# Imported here once: an in-process run forgets what it imported first, and would import it anew every time.
import pytest_kvguard.backends.in_process
import pytest_kvguard.plugin.stored_backend  # noqa: F401
from pytest_kvguard.engine.embedded_model import results_directory
from tests.plugin.shop import SHOP
from tests.tiny_model import save_tiny_model

ROOT = Path(__file__).parents[2]
CONTRACT = SHOP + "generate: {max_new_tokens: 6}\n"
FROM_STORE = re.compile(r"^kvguard: (\d+) of (\d+) replies came from the result store$", re.MULTILINE)

DIES = """
import os, signal
from pytest_kvguard.backends.stored import Stored

keep, kept = Stored._keep, []

def keep_or_die(self, key, value):
    keep(self, key, value)
    kept.append(key)
    if len(kept) == 4:  # what is known of the model, and three replies
        os.kill(os.getpid(), signal.SIGKILL)

Stored._keep = keep_or_die
"""

SAYS_WHAT_IS_LOADED = """
import sys

def pytest_unconfigure(config):
    loaded = {"torch", "transformers"} & set(sys.modules)
    print(f"loaded: {sorted(loaded)}")
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("model"))


class Suite:
    """A user's folder with one contract on a tiny model."""

    def __init__(self, pytester: pytest.Pytester, model: Path) -> None:
        self.pytester = pytester
        self.model = model
        self.screen = ""
        self.write("shop.kv.yaml", CONTRACT)

    @property
    def store(self) -> Path:
        return self.pytester.path / "results"

    @property
    def words(self) -> list[str]:
        return [f"--kv-model={self.model}", "--kv-policy=snapkv,knorm", "--kv-store-dir=results"]

    def write(self, name: str, text: str) -> None:
        (self.pytester.path / name).write_text(text, encoding="utf-8")

    def start(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run in a process of its own."""
        command = [sys.executable, "-m", "pytest", *self.words, "--kv-report=json:report.json", *args]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            command, cwd=self.pytester.path, env=environment, capture_output=True, text=True, check=False, timeout=300
        )

    def run(self, *args: str, alone: bool = False) -> tuple[dict[str, Any], tuple[int, int]]:
        """Run to the end; return the report without timings, and how many of how many replies were not run."""
        if alone:
            self.screen = self.start(*args).stdout
        else:
            ran = self.pytester.runpytest_inprocess(*self.words, "--kv-report=json:report.json", *args)
            self.screen = ran.stdout.str()
        report = json.loads((self.pytester.path / "report.json").read_text(encoding="utf-8"))
        del report["timing"]
        assert report["complete"], self.screen
        told = FROM_STORE.search(self.screen)
        return report, (int(told.group(1)), int(told.group(2))) if told else (0, 0)


@pytest.fixture
def suite(pytester: pytest.Pytester, model: Path, monkeypatch: pytest.MonkeyPatch) -> Suite:
    monkeypatch.setenv("KVGUARD_MASK_KEY", "a key for tests")
    monkeypatch.setenv("COLUMNS", "160")
    return Suite(pytester, model)


def test_a_second_run_loads_no_model_and_reports_the_same(suite: Suite) -> None:
    fresh, _ = suite.run("--kv-no-store")
    assert not suite.store.exists()
    first, counts = suite.run()
    assert counts == (0, 0)
    suite.write("conftest.py", SAYS_WHAT_IS_LOADED)
    second, (found, total) = suite.run(alone=True)
    assert found == total > 0
    assert "loaded: []" in suite.screen
    assert first == second == fresh


def test_a_killed_run_goes_on_where_it_was_killed(suite: Suite) -> None:
    suite.write("conftest.py", DIES)
    assert suite.start().returncode == -signal.SIGKILL
    suite.write("conftest.py", "")
    resumed, (found, total) = suite.run()
    assert found == 3 < total
    fresh, _ = suite.run("--kv-no-store")
    assert resumed == fresh


def test_broken_entries_are_run_again(suite: Suite) -> None:
    first, _ = suite.run()
    entries = [path for path in suite.store.rglob("*") if path.is_file()]
    for path in entries:
        path.write_bytes(path.read_bytes()[:-1])
    again, counts = suite.run()
    assert counts == (0, 0)
    assert again == first


def test_another_check_runs_nothing_again_and_another_text_only_its_own(suite: Suite) -> None:
    suite.run()
    suite.write("shop.kv.yaml", CONTRACT.replace('check: {contains: "9:30"}', "check: {min_words: 1}"))
    _, (found, total) = suite.run()
    assert found == total
    suite.write("shop.kv.yaml", CONTRACT.replace("When do you open?", "When?"))
    _, (found, total) = suite.run()
    assert 0 < found < total


def test_goldens_look_nothing_up(suite: Suite) -> None:
    suite.run()
    _, counts = suite.run("--kv-golden=update", "--kv-golden-force")
    assert counts == (0, 0)


def test_a_store_that_cannot_be_written_is_told_of_once_and_the_run_goes_on(suite: Suite) -> None:
    fresh, _ = suite.run("--kv-no-store")
    suite.write("results", "a file is in the way")
    report, _ = suite.run()
    assert report == fresh
    assert suite.screen.count("kvguard: results cannot be stored in") == 1


def test_workers_share_the_store_and_tell_how_much_came_from_it(suite: Suite) -> None:
    pytest.importorskip("xdist")
    first, _ = suite.run()
    spread, (found, total) = suite.run("-n2")
    assert found == total > 0
    assert spread == first


def test_the_store_lies_in_the_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KVGUARD_CACHE", "/somewhere")
    assert results_directory() == Path("/somewhere/results")


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "much"])
def test_a_limit_that_is_no_number_of_mib_is_refused(suite: Suite, text: str) -> None:
    ran = suite.pytester.runpytest_inprocess(f"--kv-store-mib={text}")
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    assert f"--kv-store-mib={text} is not a whole number, 1 or more." in ran.stderr.str()
