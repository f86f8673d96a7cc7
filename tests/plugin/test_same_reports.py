"""A suite's JSON report has the same bytes however it runs, except timings, and finished jobs never run again."""

from __future__ import annotations

import json
import signal
from collections import Counter
from importlib.util import find_spec

import pytest

from tests.plugin.tiny_suite import CONTRACT, TinySuite

NOTES_JOBS = """
import os, signal
from hashlib import sha256
from pathlib import Path

from pytest_kvguard.backends import in_process

try_jobs = in_process.try_jobs
LIMIT = {limit}

def note_jobs(model, jobs, progress, on_generated):
    def note(job, generation):
        on_generated(job, generation)
        with Path("jobs.log").open("a") as log:
            print(sha256(repr(job).encode()).hexdigest(), file=log)
        if len(Path("jobs.log").read_text().split()) == LIMIT:
            os.kill(os.getpid(), signal.SIGKILL)

    return try_jobs(model, jobs, progress, note)

in_process.try_jobs = note_jobs
"""

KILLS_A_REPLICA = """
import os, signal
from pytest_kvguard.backends.ray.pool import ReplicaPool

try_jobs = ReplicaPool.try_jobs

def kill_one_and_try(self, jobs, progress=None, on_generated=None):
    if not hasattr(self, "killed"):
        self.killed = self._ray.get(self.replicas[-1].process_id.remote())
        os.kill(self.killed, signal.SIGKILL)
        print("killed a replica")
    return try_jobs(self, jobs, progress, on_generated)

ReplicaPool.try_jobs = kill_one_and_try
"""


@pytest.fixture
def shops(suite: TinySuite) -> TinySuite:
    """Three contracts, one with a gate."""
    for name in ("bakery", "library"):
        suite.write(f"{name}.kv.yaml", CONTRACT.replace("name: shop", f"name: {name}").replace("bicycle", name))
    suite.write("shop.kv.yaml", CONTRACT + "gate: {max_lost: 3, max_longer_share: 1}\n")
    return suite


def run(suite: TinySuite, *args: str) -> str:
    """Run in a separate process and return the report's text without timings."""
    report, _ = suite.run(*args, alone=True)
    written = (suite.pytester.path / "report.json").read_text(encoding="utf-8")
    timing = json.dumps(json.loads(written)["timing"], indent=1).replace("\n", "\n ")
    assert written.count(timing) == 1
    assert report["cases"] and report["gates"]
    return written.replace(timing, "")


def jobs(suite: TinySuite) -> list[str]:
    log = suite.pytester.path / "jobs.log"
    digests = log.read_text().split() if log.exists() else []
    log.unlink(missing_ok=True)
    return digests


@pytest.fixture
def losing(shops: TinySuite, monkeypatch: pytest.MonkeyPatch) -> TinySuite:
    """The same contracts, whose first instruction is lost wherever compression changes a word."""
    for name in ("CI", "BUILD_NUMBER"):  # where nothing is accepted
        monkeypatch.delenv(name, raising=False)
    for path in shops.pytester.path.glob("*.kv.yaml"):
        text = path.read_text().replace('check: {contains: "9:30"}', "check: {same_as_uncompressed: 1}")
        shops.write(path.name, text + "orderings: {sample: 2}\n")
    return shops


def accept(suite: TinySuite, *args: str) -> bytes:
    """Accept what is lost in a separate process, and return the file."""
    path = suite.pytester.path / "kvguard.accepted.yaml"
    path.unlink(missing_ok=True)
    ran = suite.start("--kv-accept=update", *args)
    suite.screen = ran.stdout
    assert ran.returncode == pytest.ExitCode.OK, ran.stdout + ran.stderr
    written = path.read_bytes()
    assert written.count(b"      - contract:") >= 3
    return written


def test_workers_write_the_bytes_of_one_process(shops: TinySuite) -> None:
    pytest.importorskip("xdist")
    assert run(shops, "--kv-no-store", "-n2") == run(shops, "--kv-no-store")


def test_a_run_that_was_killed_and_resumed_writes_the_same_bytes_and_runs_no_job_twice(shops: TinySuite) -> None:
    shops.write("conftest.py", NOTES_JOBS.format(limit=0))
    whole, all_jobs = run(shops, "--kv-no-store"), jobs(shops)
    assert set(Counter(all_jobs).values()) == {1} and len(all_jobs) > 10

    shops.write("conftest.py", NOTES_JOBS.format(limit=7))
    assert shops.start().returncode == -signal.SIGKILL
    before_the_kill = jobs(shops)
    assert len(before_the_kill) == 7

    shops.write("conftest.py", NOTES_JOBS.format(limit=0))
    assert run(shops) == whole
    assert sorted(before_the_kill + jobs(shops)) == sorted(all_jobs)

    assert run(shops) == whole
    assert jobs(shops) == []


def test_workers_and_a_run_that_was_killed_and_resumed_accept_the_same_bytes(losing: TinySuite) -> None:
    pytest.importorskip("xdist")
    alone = accept(losing, "--kv-no-store")
    assert accept(losing, "--kv-no-store", "-n2") == alone
    losing.write("conftest.py", NOTES_JOBS.format(limit=7))
    assert losing.start("--kv-accept=update").returncode == -signal.SIGKILL
    assert (losing.pytester.path / "kvguard.accepted.yaml").read_bytes() == alone
    losing.write("conftest.py", NOTES_JOBS.format(limit=0))
    assert accept(losing) == alone
    assert accept(losing) == alone  # every reply from the store


@pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra ray")
def test_a_cluster_accepts_the_bytes_of_one_process(losing: TinySuite) -> None:
    alone = accept(losing, "--kv-no-store")
    assert accept(losing, "--kv-no-store", "--kv-executor=ray", "-o", "kv_replicas=2") == alone


@pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra ray")
def test_two_replicas_write_the_bytes_of_one_process_even_if_one_is_killed(shops: TinySuite) -> None:
    alone = run(shops, "--kv-no-store")
    shops.write("conftest.py", KILLS_A_REPLICA)
    assert run(shops, "--kv-no-store", "-s", "--kv-executor=ray", "-o", "kv_replicas=2") == alone
    assert shops.screen.count("killed a replica") == 1
