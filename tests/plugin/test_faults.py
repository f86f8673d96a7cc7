"""``--kv-faults`` as a user sees it: the user's tests, measured in separate processes."""

from __future__ import annotations

import json

import pytest

import pytest_kvguard.faults.catalogue
import pytest_kvguard.faults.setting
import pytest_kvguard.invariants.arms
import pytest_kvguard.plugin.faults.run
import pytest_kvguard.reports.faults  # noqa: F401 - imported once, see conftest.py
from pytest_kvguard.faults.isolation import can_isolate
from tests.plugin.conftest import Guard

pytestmark = pytest.mark.skipif(not can_isolate(), reason="this system cannot fork processes safely")

TESTS = """
from fractions import Fraction

from kvguard_policies.compression import compress
from kvguard_policies.spec import load
from pytest_kvguard.invariants.arms import ask, context_of, recorded
from pytest_kvguard.invariants.random_models import random_model

MODEL = random_model("llama-two-kv-heads-of-three")

def context():
    policy = load("streaming_llm")
    record = recorded(MODEL, context_of(MODEL), policy)
    return record, compress(record, policy, Fraction(1, 2))

def test_the_model_says_something():
    answer = ask(MODEL, context()[1], [5, 6, 7])
    assert answer.logits.abs().max() > 0

def test_values_move_with_their_keys():
    record, cache = context()
    rows = cache.layers[0].positions[0]
    assert (cache.layers[0].values[: len(rows)] == record.values[0][0][rows]).all(), "values stayed behind"
"""
ONLY = ("-o", "kv_faults_only=k-moved-v-not,wrong-end,scale-dropped")


def measure(guard: Guard, *args: str, tests: str = TESTS) -> pytest.RunResult:
    guard.pytester.makepyfile(test_mine=tests)
    return guard.run("test_mine.py", "--kv-faults", "-o", "kv_faults_jobs=2", *args)


def test_a_users_tests_are_measured(guard: Guard) -> None:
    result = measure(guard, *ONLY, "-o", "kv_faults_min=0.3", "-o", "kv_faults_json=out/faults.json")
    result.stdout.fnmatch_lines(["*canary *caught by contract*", "*k-moved-v-not *x *ggml-org/llama.cpp#14081"])
    result.stdout.fnmatch_lines(
        ["survived:", "*scale-dropped *its code never ran in this suite", "*wrong-end *ran, and no test failed"]
    )
    result.stdout.fnmatch_lines(["contracts alone: *1 of 3", "caught: *1 of 3 (33%, required 30%), 0 equivalent here"])
    assert result.ret == pytest.ExitCode.OK
    written = json.loads((guard.pytester.path / "out" / "faults.json").read_text())
    assert written["caught"] == ["k-moved-v-not"]
    assert written["survived"] == ["scale-dropped", "wrong-end"]
    assert written["notices"]["k-moved-v-not"]["contract"]["test"] == "test_mine.py::test_values_move_with_their_keys"


def test_a_score_below_the_required_share_fails_the_run(guard: Guard) -> None:
    result = measure(guard, *ONLY, "-o", "kv_faults_min=0.5")
    result.stdout.fnmatch_lines(["caught: *1 of 3 (33%, required 50%)*"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_suite_that_fails_without_a_fault_has_no_score(guard: Guard) -> None:
    result = measure(guard, *ONLY, tests=TESTS + "\ndef test_red():\n    assert False\n")
    result.stdout.fnmatch_lines(
        ["*no faults were planted: without any, the number of failed tests is 1, so *Fix these tests, *"]
    )
    assert "canary" not in result.stdout.str()
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_a_suite_that_misses_the_canary_has_no_score(guard: Guard) -> None:
    result = measure(guard, *ONLY, tests="def test_nothing():\n    assert True\n")
    result.stdout.fnmatch_lines(["*the fault 'canary'*was not noticed (number of tests: 1)*"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_planted_faults_leave_no_change_behind(guard: Guard) -> None:
    measure(guard, *ONLY)
    result = guard.run("test_mine.py")
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("kv_faults_only=k-moved-v-nut", "*Unknown fault 'k-moved-v-nut'. Did you mean 'k-moved-v-not'*"),
        ("kv_faults_min=95", "*kv_faults_min=95 is not a number from 0 to 1*"),
        ("kv_faults_jobs=none", "*kv_faults_jobs=none is neither auto nor a whole number of 1 or more*"),
    ],
)
def test_wrong_options_are_refused(guard: Guard, value: str, message: str) -> None:
    result = measure(guard, "-o", value, tests="def test_nothing():\n    assert True\n")
    (result.stderr if result.errlines else result.stdout).fnmatch_lines([message])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_workers_are_refused(guard: Guard) -> None:
    pytest.importorskip("xdist")
    result = measure(guard, "-n2")
    result.stderr.fnmatch_lines(
        ["*--kv-faults starts its own processes. Leave out -n; *kv_faults_jobs sets their number.*"]
    )
