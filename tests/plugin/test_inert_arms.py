"""An arm that equals another throughout is an error: compression was off, or a setting was ignored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from xml.etree import ElementTree

import pytest

from tests.plugin.conftest import Guard
from tests.plugin.shop import ATTACK, OBEYS, OPENING

CONFTEST = """
from dataclasses import replace

from pytest_kvguard.backends.scripted import Scripted

REPLIES, SHIFTS, HAS_LOGPROBS = {replies!r}, {shifts!r}, {has_logprobs!r}

class Measured(Scripted):
    def run_turns(self, requests, progress=None):
        outcomes = super().run_turns(requests, progress)
        return [self.measure(*pair) for pair in zip(requests, outcomes, strict=True)]

    def measure(self, request, outcome):
        logprob = -0.5 - SHIFTS.get(request.cell.label, 0.0)
        pairs = tuple((word, logprob) for word in outcome.reply.text.split() if HAS_LOGPROBS)
        # Like a server, it shows nothing of its cache.
        return replace(outcome, reply=replace(outcome.reply, logprobs=pairs), cache=None)

def pytest_kvguard_backend(config):
    return Measured(lambda request: REPLIES[request.turns[-1]])
"""
OFF, IGNORED = "looks as if compression was off", "looks as if its setting was ignored"
TWO_RATIOS = ("--kv-policy=snapkv", "--ratio=0.25,0.5")


def measured(
    guard: Guard, shifts: Mapping[str, float], has_logprobs: bool = True, replies: Mapping[str, str] = OBEYS
) -> None:
    """Have the model give the same replies in every cell, with logprobs lowered by the shift of each cell's label."""
    guard.pytester.makeconftest(CONFTEST.format(replies=replies, shifts=shifts, has_logprobs=has_logprobs))


def test_an_arm_that_equals_the_uncompressed_one_to_the_last_digit_is_an_error(
    guard: Guard, spread: tuple[str, ...]
) -> None:
    measured(guard, {})
    result = guard.run("--kv-policy=knorm", *spread)
    result.assert_outcomes(passed=3, errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"kvguard: ERROR: knorm 0.5: {OFF}*in all 2 conversations*-o kv_expect=equal*"])
    result.stdout.fnmatch_lines([f"ERROR kvguard::knorm-0.5 - *{OFF}*"])


def test_an_arm_whose_logprobs_differ_anywhere_was_on(guard: Guard) -> None:
    measured(guard, {"knorm 0.5": 1e-6})
    result = guard.run("--kv-policy=knorm")
    result.assert_outcomes(passed=3)
    assert "kvguard: ERROR" not in result.stdout.str()


def test_two_ratios_of_a_policy_that_equal_each_other_are_an_error(guard: Guard) -> None:
    measured(guard, {"snapkv 0.25": 0.1, "snapkv 0.5": 0.1})
    result = guard.run(*TWO_RATIOS)
    result.assert_outcomes(passed=6, errors=1)
    result.stdout.fnmatch_lines([f"kvguard: ERROR: snapkv 0.5 {IGNORED}*equal those of snapkv 0.25 *"])


def test_ratios_so_near_that_they_may_keep_the_same_entries_are_a_warning(guard: Guard) -> None:
    measured(guard, {"snapkv 0.25": 0.1, "snapkv 0.26": 0.1})
    result = guard.run("--kv-policy=snapkv", "--ratio=0.25,0.26")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines([f"kvguard: warning: snapkv 0.26 {IGNORED}*"])


def test_two_policies_that_keep_the_same_are_a_warning(guard: Guard) -> None:
    measured(guard, {"snapkv 0.5": 0.1, "keep(snapkv) 0.5": 0.1})
    result = guard.run("--kv-policy=snapkv,keep(snapkv)")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines([f"kvguard: warning: keep(snapkv) 0.5 {IGNORED}*"])


def test_kernels_may_agree_to_the_last_digit(guard: Guard) -> None:
    measured(guard, {"snapkv 0.5": 0.1, "snapkv 0.5, eager": 0.1})
    assert "kvguard: warning" not in guard.screen("--kv-policy=snapkv", "--kv-attn=sdpa,eager")


@pytest.mark.parametrize(
    "replies", [OBEYS, {**OBEYS, OPENING: "9:30", ATTACK: "no."}], ids=["no logprobs", "too few tokens"]
)
def test_equal_replies_that_prove_nothing_are_a_warning(guard: Guard, replies: Mapping[str, str]) -> None:
    measured(guard, {}, has_logprobs=replies is not OBEYS, replies=replies)
    result = guard.run("--kv-policy=snapkv")
    assert result.ret == 0
    result.stdout.fnmatch_lines([f"kvguard: warning: snapkv 0.5: {OFF}*"])


@pytest.mark.parametrize(
    "args",
    [
        ("--kv-policy=snapkv", "--ratio=0"),
        ("--kv-cache=static",),
        ("--kv-policy=none",),
        ("--kv-policy=snapkv", "-o", "kv_expect=equal"),
    ],
)
def test_an_equality_that_is_expected_is_no_error(guard: Guard, args: tuple[str, ...]) -> None:
    measured(guard, {})
    result = guard.run(*args)
    result.assert_outcomes(passed=3)
    assert OFF not in result.stdout.str()


def test_a_quantizer_that_changes_nothing_is_an_error_at_ratio_0(guard: Guard) -> None:
    measured(guard, {})
    guard.run("--kv-cache=fp8").assert_outcomes(passed=3, errors=1)


def test_every_report_names_the_error(guard: Guard) -> None:
    measured(guard, {})
    reports = ("json:run.json", "html:run.html", "github:summary.md")
    guard.run("--kv-policy=knorm", "--junit-xml=junit.xml", *(f"--kv-report={report}" for report in reports))
    folder = guard.pytester.path
    document = json.loads((folder / "run.json").read_text())
    assert document["exit_status"] == pytest.ExitCode.TESTS_FAILED
    assert [(arm["policy"], arm["is_proven"]) for arm in document["inert"]] == [("knorm", True)]
    for name in ("run.html", "summary.md"):
        assert OFF in (folder / name).read_text(encoding="utf-8")
    assert ElementTree.parse(folder / "junit.xml").find(".//error") is not None


def test_the_error_is_no_test_that_the_next_run_looks_for(guard: Guard) -> None:
    measured(guard, {})
    guard.run("--kv-policy=knorm")
    cache = guard.pytester.path / ".pytest_cache/v/cache"
    assert not [path for path in cache.iterdir() if "kvguard::" in path.read_text()]


@pytest.mark.parametrize("args", [(), ("-q",), ("--kv-policy=none",)])
def test_a_run_without_compression_says_so(guard: Guard, args: tuple[str, ...]) -> None:
    guard.run(*args).stdout.fnmatch_lines(["kvguard: uncompressed only: nothing was compressed"])


def test_a_run_with_compression_does_not(guard: Guard) -> None:
    measured(guard, {"knorm 0.5": 0.1})
    assert "nothing was compressed" not in guard.screen("--kv-policy=knorm,none")
