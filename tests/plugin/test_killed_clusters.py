"""Runs on Ray that are killed: their finished replies stay, and the next run ends as if nothing had happened."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.plugin.killed_runs import stored_replies
from tests.plugin.tiny_suite import ROOT, TinySuite, without_reruns

pytest.importorskip("ray", reason="needs the extra ray")

WORDS = ("--kv-executor=ray", "-o", "kv_replicas=2")
LIMIT_SECONDS = 120


def kill_after(suite: TinySuite, entries: int) -> None:
    """Start a run, and kill it with all processes of its group as soon as its store has so many entries."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", *suite.words, *WORDS],
        cwd=suite.pytester.path, env=environment, stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    ends = time.monotonic() + LIMIT_SECONDS
    while stored_replies(suite.pytester.path) < entries:
        assert run.poll() is None and time.monotonic() < ends
        time.sleep(0.005)
    os.killpg(run.pid, signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL


def test_a_killed_run_on_ray_keeps_its_replies(suite: TinySuite) -> None:
    fresh, _ = suite.run()
    _, (_, total) = suite.run()
    others = stored_replies(suite.pytester.path) - total  # digests of the model's files, and its facts
    for finished in (0, 1):
        shutil.rmtree(suite.store)
        kill_after(suite, others + finished)
        kept = stored_replies(suite.pytester.path) - others
        report, (reused, _) = suite.run(*WORDS, alone=True)
        assert without_reruns(report) == without_reruns(fresh)
        assert finished <= kept <= reused
