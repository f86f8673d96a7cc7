"""Tests that a plugin reruns after a failure, as pytest-rerunfailures does, count once in reports."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from tests.plugin.conftest import Guard
from tests.plugin.shop import FORGETS_HOURS, OBEYS
from tests.plugin.test_report_files import TELLS_TOKENS

ONCE_MORE = """
from _pytest.runner import runtestprotocol


def pytest_runtest_protocol(item, nextitem):
    first = runtestprotocol(item, nextitem=nextitem, log=False)
    failed = next((number for number, report in enumerate(first) if report.failed), None)
    if failed is not None:
        first[failed].outcome = "rerun"
        for report in first[: failed + 1]:
            item.ihook.pytest_runtest_logreport(report=report)
        item._initrequest() if hasattr(item, "_initrequest") else None
    for report in first if failed is None else runtestprotocol(item, nextitem=nextitem, log=False):
        item.ihook.pytest_runtest_logreport(report=report)
    return True
"""

FLAKY = """
SHOP = {"hours": "The shop opens at 9:30."}
RUNS = []

def test_opening(kv_run, kv_golden):
    kv_golden(kv_run(SHOP, "When do you open?"))
    RUNS.append(1)
    assert len(RUNS) > 1

def test_closing(kv_run, kv_golden):
    kv_golden(kv_run(SHOP, "When do you open?"))
"""


@pytest.fixture
def again(guard: Guard) -> Guard:
    guard.pytester.makepyfile(once_more=ONCE_MORE)
    guard.pytester.syspathinsert()
    return guard


def test_a_check_that_fails_twice_is_one_check(again: Guard) -> None:
    again.replies(OBEYS, snapkv=FORGETS_HOURS)
    result = again.run("-p", "once_more", "--kv-policy=snapkv", "--kv-report=json:x.json", "--junit-xml=x.xml")
    assert result.parseoutcomes() == {"passed": 2, "failed": 1, "rerun": 1}
    result.stdout.fnmatch_lines(["*hours * · * 1 * 50%*", "2 HELD, 1 LOST; *"])
    document = json.loads((again.pytester.path / "x.json").read_text())
    assert document["totals"] == {"HELD": 2, "LOST": 1}
    assert [case["outcome"] for case in document["cases"]] == ["failed", "passed", "passed"]
    properties = ElementTree.parse(again.pytester.path / "x.xml").iterfind(".//property[@name='kv_verdict']")
    assert sorted(entry.attrib["value"] for entry in properties) == ["HELD", "HELD", "LOST"]


def test_a_gate_that_fails_twice_is_one_gate(again: Guard) -> None:
    again.contract((again.pytester.path / "shop.kv.yaml").read_text() + "gate: {max_length_ratio: 0.5}\n")
    again.replies(OBEYS, snapkv=FORGETS_HOURS)
    again.run("-p", "once_more", "--kv-policy=snapkv", "--kv-report=json:x.json")
    (gate,) = json.loads((again.pytester.path / "x.json").read_text())["gates"]
    assert gate["outcome"] == "failed"


def test_a_golden_of_a_rerun_test_counts_once(again: Guard) -> None:
    again.pytester.makepyfile(test_shop=FLAKY)
    again.run("--kv-policy=snapkv", "--kv-golden=update", "test_shop.py")
    result = again.run("-p", "once_more", "--kv-policy=snapkv", "--kv-golden=check", "test_shop.py")
    assert result.parseoutcomes() == {"passed": 2, "rerun": 1}
    result.stdout.fnmatch_lines(["golden/scripted-replies-no-model: 2 as recorded"])


def test_a_rerun_test_still_records_the_kept_tokens(again: Guard) -> None:
    again.pytester.makeconftest(
        TELLS_TOKENS.replace('"we open at 9:30"', '"at nine" if request.policy != "none" else "9:30"')
    )
    again.run("-p", "once_more", "--kv-policy=snapkv", "--kv-report=json:x.json", "-k", "hours")
    document = json.loads((again.pytester.path / "x.json").read_text())
    assert [case["verdict"] for case in document["cases"]] == ["LOST"]
    assert [context["probes"] for context in document["contexts"]] == [["opening"]]
