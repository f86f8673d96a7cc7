"""Workers of xdist that die: the run ends, every item is reported, and only what kills its process fails."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.plugin.conftest import Guard

pytest.importorskip("xdist")

ROOT = Path(__file__).parents[2]
LIMIT_SECONDS = 120
ONE_ITEM = """\
kvguard: 1
name: killer
context:
  instructions:
    - id: tone
      text: Write your entire reply in lowercase letters.
      check: {lowercase: true}
      probes: [opening]
probes:
  opening: When do you open?
"""
TWO_ITEMS = ONE_ITEM.replace(
    "probes:\n  opening: When",
    """\
    - id: hours
      text: The shop opens at 9:30.
      check: {contains: "9:30"}
      probes: [opening]
probes:
  opening: When""",
)
DIES = """

import os, signal
from pathlib import Path

def pytest_runtest_%s(item):
    if item.name in %r or any(each in item.nodeid for each in %r):
        deaths = Path(__file__).with_name("deaths")
        died = deaths.read_text().split() if deaths.exists() else []
        if died.count(item.name) < %d:
            deaths.write_text(" ".join([*died, item.name]))
            os.kill(os.getpid(), signal.SIGKILL)
"""
ALWAYS = 1000


def spread_run(guard: Guard, when: str, killers: tuple[str, ...], times: int, *args: str) -> Counter[str]:
    """Run seven contracts over two workers, and count every outcome of every item; the time limit is the test."""
    (guard.pytester.path / "shop.kv.yaml").unlink(missing_ok=True)
    guard.contract(ONE_ITEM, "killer.kv.yaml")
    for number in range(6):
        guard.contract(TWO_ITEMS.replace("name: killer", f"name: pair{number}"), f"pair{number}.kv.yaml")
    guard.replies()
    conftest = guard.pytester.path / "conftest.py"
    conftest.write_text(conftest.read_text() + DIES % (when, killers, killers, times))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--kv-policy=snapkv", "-v", "-n2", "-p", "no:cacheprovider", *args],
        cwd=guard.pytester.path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
    )
    assert "INTERNALERROR" not in run.stdout, run.stdout
    return Counter(re.findall(r"(PASSED|FAILED|RERUN) (\S+::\S+)", run.stdout))


@pytest.mark.parametrize(
    ("killer", "when"),
    [("killer", "call"), ("pair0.kv.yaml::opening::tone", "teardown"), ("pair5.kv.yaml::opening::hours", "setup")],
)
def test_a_worker_that_dies_once_costs_no_item_its_verdict(guard: Guard, killer: str, when: str) -> None:
    outcomes = spread_run(guard, when, (killer,), 1)
    passed = [name for outcome, name in outcomes if outcome == "PASSED"]
    assert len(passed) == 13, outcomes
    assert [outcomes[key] for key in outcomes if key[0] == "RERUN"] == [1]


@pytest.mark.parametrize(
    "killers",
    [("killer",), ("pair0.kv.yaml::opening::tone", "pair3.kv.yaml::opening::hours")],
    ids=["alone in its contract", "beside others"],
)
def test_an_item_that_always_kills_its_worker_fails_once_and_all_others_run(
    guard: Guard, killers: tuple[str, ...]
) -> None:
    outcomes = spread_run(guard, "call", killers, ALWAYS)
    failed = {name: count for (outcome, name), count in outcomes.items() if outcome == "FAILED"}
    passed = [name for outcome, name in outcomes if outcome == "PASSED"]
    assert list(failed.values()) == [2] * len(killers), outcomes  # in its own line, and in the short summary
    assert len(passed) == 13 - len(killers), outcomes


def test_a_run_in_which_every_item_kills_its_worker_ends(guard: Guard) -> None:
    outcomes = spread_run(guard, "call", ("::",), ALWAYS)
    assert not [name for outcome, name in outcomes if outcome == "PASSED"]


def test_workers_that_are_not_replaced_end_the_run(guard: Guard) -> None:
    spread_run(guard, "call", ("killer",), ALWAYS, "--max-worker-restart=0")
