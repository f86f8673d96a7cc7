"""Runs over xdist's workers: the same verdicts and summary, and one message for an error that ends the run."""

from __future__ import annotations

import re

import pytest

from tests.plugin.conftest import Guard
from tests.plugin.shop import ATTACK, LEAKS, OBEYS, OPENING
from tests.plugin.tiny_suite import CONTRACT, TinySuite

pytest.importorskip("xdist")

BREAKS_UNDER_KNORM = {OPENING: "raise stalled", ATTACK: "no"}


def summary(screen: str) -> list[str]:
    """Return the guard's section and the short summary, without times."""
    lines = [line.strip("= ") for line in screen.splitlines()]
    start = next(number for number, line in enumerate(lines) if line.startswith("kvguard: "))
    return [re.sub(r" in [\d.]+s.*", "", line) for line in lines[start:]]


def test_the_verdicts_and_the_summary_are_the_same_as_without_workers(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv={**LEAKS, OPENING: "WE OPEN AT 9:30"}, knorm=BREAKS_UNDER_KNORM)
    args = ("--kv-policy=snapkv,knorm", "-rA")
    alone, spread = guard.run(*args), guard.run(*args, "-n2")
    assert spread.parseoutcomes() == alone.parseoutcomes() == {"passed": 2, "failed": 2, "errors": 2}
    verdicts = ["1 HELD, 2 ERROR", "1 HELD, 1 LOST, 1 LEAKED"]
    assert [line for line in verdicts if any(shown.startswith(line) for shown in spread.outlines)] == verdicts
    assert sorted(summary(spread.stdout.str())) == sorted(summary(alone.stdout.str()))


def test_a_failure_reads_the_same_from_a_worker(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv={**OBEYS, OPENING: "nine"})
    args = ("--kv-policy=snapkv", "shop.kv.yaml::opening::hours[snapkv-0.5]")

    def report(screen: str) -> str:
        return screen[screen.index("LOST  shop") : screen.index("kvguard: ")].rstrip("=\n ")

    assert report(guard.screen(*args, "-n1")) == report(guard.screen(*args))


def test_an_error_that_stops_every_item_is_reported_once(guard: Guard, spread: tuple[str, ...]) -> None:
    guard.pytester.makeconftest(
        """
        from pytest_kvguard.errors import ModelError

        def pytest_kvguard_backend(config):
            raise ModelError("the disk is full. Free some room.")
        """
    )
    result = guard.run("--kv-policy=snapkv", *spread)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    screen = result.stdout.str() + result.stderr.str()
    assert screen.count("kvguard: the disk is full. Free some room.") == 1
    assert not set(result.parseoutcomes()) & {"passed", "failed", "errors"}


DIES_ONCE = """
import os, signal
from pathlib import Path

def pytest_runtest_teardown(item):
    died = Path(__file__).with_name("died")
    if os.environ.get("PYTEST_XDIST_WORKER") == "gw0" and "tone" in item.name and not died.exists():
        died.touch()
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_reports_are_the_same_when_a_worker_is_killed(suite: TinySuite) -> None:
    for name in ("bakery", "library"):
        suite.write(f"{name}.kv.yaml", CONTRACT.replace("name: shop", f"name: {name}").replace("bicycle", name))
    alone, _ = suite.run("--kv-no-store")
    suite.write("conftest.py", DIES_ONCE)
    spread, _ = suite.run("--kv-no-store", "-n2", alone=True)
    assert (suite.pytester.path / "died").exists()
    assert "replacing crashed worker gw0" in suite.screen and " 1 rerun" in suite.screen
    assert spread == alone
