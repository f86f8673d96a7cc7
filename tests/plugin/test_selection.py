"""Pytest's own options that select tests and stop a run: ``--co``, ``-x``, ``--lf``, ``-k``."""

from __future__ import annotations

from tests.plugin.conftest import Guard
from tests.plugin.shop import ATTACK, FORGETS_HOURS, OBEYS, OPENING

LOSES_ALL = {OPENING: "At NINE", ATTACK: "KX-4471"}


def test_collect_only_shows_the_tree_and_runs_nothing(guard: Guard) -> None:
    guard.pytester.makeconftest("def pytest_kvguard_backend(config): raise RuntimeError('was started')")
    result = guard.run("--co", "--kv-policy=snapkv")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "*<ContractFile shop.kv.yaml>",
            "*<ProbeNode opening>",
            "*<CaseItem hours*>",
            "*<CaseItem tone*>",
            "*<ProbeNode attack>",
            "*<CaseItem secret*>",
            "*3 tests collected*",
        ]
    )


def test_x_stops_at_the_first_loss(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=LOSES_ALL)
    result = guard.run("--kv-policy=snapkv", "-x")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["1 LOST*"])


def test_last_failed_runs_only_lost_checks(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    guard.run("--kv-policy=snapkv").assert_outcomes(passed=2, failed=1)
    result = guard.run("--kv-policy=snapkv", "--lf", "-v")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["shop.kv.yaml::opening::hours* FAILED*"])


def test_last_failed_forgets_a_check_that_holds_again(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    guard.run("--kv-policy=snapkv")
    guard.replies()
    guard.run("--kv-policy=snapkv", "--lf").assert_outcomes(passed=1)
    guard.run("--kv-policy=snapkv", "--lf").assert_outcomes(passed=3)


def test_only_selected_conversations_are_run(guard: Guard) -> None:
    guard.replies({OPENING: OBEYS[OPENING]})  # the other probe would be a KeyError
    guard.run("--kv-policy=snapkv", "-k", "opening").assert_outcomes(passed=2, deselected=1)


def test_contracts_and_ordinary_tests_run_together(guard: Guard) -> None:
    guard.pytester.makepyfile("def test_addition(): assert 1 + 1 == 2")
    guard.run("--kv-policy=snapkv").assert_outcomes(passed=4)
