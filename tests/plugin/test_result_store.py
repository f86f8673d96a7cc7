"""A second run of an unchanged suite generates nothing, and a killed run keeps its finished replies."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from pytest_kvguard.models.embedded_model import results_directory
from tests.plugin.tiny_suite import CONTRACT, TinySuite

DIES = """
import os, signal
from pytest_kvguard.backends.stored import Stored

keep, kept = Stored._keep, []

def keep_or_die(self, key, value):
    keep(self, key, value)
    kept.append(key)
    if len(kept) == 4:  # the facts of the model, and three replies
        os.kill(os.getpid(), signal.SIGKILL)

Stored._keep = keep_or_die
"""

SAYS_WHAT_IS_LOADED = """
import sys

def pytest_unconfigure(config):
    loaded = {"torch", "transformers"} & set(sys.modules)
    print(f"loaded: {sorted(loaded)}")
"""


def test_a_second_run_loads_no_model_and_reports_the_same(suite: TinySuite) -> None:
    fresh, _ = suite.run("--kv-no-store")
    assert not suite.store.exists()
    first, counts = suite.run()
    assert counts == (0, 0)
    suite.write("conftest.py", SAYS_WHAT_IS_LOADED)
    second, (reused, total) = suite.run(alone=True)
    assert reused == total > 0
    assert "loaded: []" in suite.screen
    assert first == second == fresh


def test_a_killed_run_resumes_where_it_was_killed(suite: TinySuite) -> None:
    suite.write("conftest.py", DIES)
    assert suite.start().returncode == -signal.SIGKILL
    suite.write("conftest.py", "")
    resumed, (reused, total) = suite.run()
    assert reused == 3 < total
    fresh, _ = suite.run("--kv-no-store")
    assert resumed == fresh


def test_broken_entries_are_run_again(suite: TinySuite) -> None:
    first, _ = suite.run()
    entries = [path for path in suite.store.rglob("*") if path.is_file()]
    for path in entries:
        path.write_bytes(path.read_bytes()[:-1])
    again, counts = suite.run()
    assert counts == (0, 0)
    assert again == first


def test_a_changed_check_runs_nothing_again_and_a_changed_text_only_its_own_replies(suite: TinySuite) -> None:
    suite.run()
    suite.write("shop.kv.yaml", CONTRACT.replace('check: {contains: "9:30"}', "check: {min_words: 1}"))
    _, (reused, total) = suite.run()
    assert reused == total
    suite.write("shop.kv.yaml", CONTRACT.replace("When do you open?", "When?"))
    _, (reused, total) = suite.run()
    assert 0 < reused < total


def test_runs_with_goldens_reuse_no_results(suite: TinySuite) -> None:
    suite.run()
    _, counts = suite.run("--kv-golden=update", "--kv-golden-force")
    assert counts == (0, 0)


def test_a_store_that_cannot_be_written_is_reported_once_and_the_run_continues(suite: TinySuite) -> None:
    fresh, _ = suite.run("--kv-no-store")
    suite.write("results", "a file is in the way")
    report, _ = suite.run()
    assert report == fresh
    assert suite.screen.count("kvguard: results cannot be stored in") == 1


def test_workers_share_the_store_and_report_how_many_replies_came_from_it(suite: TinySuite) -> None:
    pytest.importorskip("xdist")
    first, _ = suite.run()
    spread, (reused, total) = suite.run("-n2")
    assert reused == total > 0
    assert spread == first


def test_the_store_lies_in_the_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KVGUARD_CACHE", "/somewhere")
    assert results_directory() == Path("/somewhere/results")


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "much"])
def test_a_limit_that_is_no_number_of_mib_is_refused(suite: TinySuite, text: str) -> None:
    ran = suite.pytester.runpytest_inprocess("-o", f"kv_store_mib={text}")
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    assert f"kv_store_mib={text} is not a whole number of 1 or more." in ran.stderr.str()
