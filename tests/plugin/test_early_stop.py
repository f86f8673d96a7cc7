"""--kv-early-stop: shorter replies, the same verdicts, and reports that say so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.plugin.tiny_suite import CONTRACT, TinySuite

DECIDED = CONTRACT.replace('check: {contains: "9:30"}', "check: {regex: '[^ ]'}").replace(
    "check: {lowercase: true}", "check: {max_words: 500}"
)
SOON = (
    CONTRACT.replace("lowercase: true", "no_refusal: true")
    .replace('contains: "9:30"', r"regex: '\S'")
    .replace("no_refusal: true", r"regex: '[^\s]'")
    .replace("max_new_tokens: 6", "max_new_tokens: 40")
)


def verdicts(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [(case["instruction"], case["verdict"]) for case in report["cases"]]


def stops(report: dict[str, Any], arm: str = "compressed", probe: str = "opening") -> set[str]:
    return {case[arm][-1]["stopped"] for case in report["cases"] if case["probe"] == probe}


def test_replies_end_where_every_check_is_decided_and_verdicts_are_the_same(suite: TinySuite) -> None:
    suite.write("shop.kv.yaml", SOON)
    whole, _ = suite.run("--kv-no-store")
    early, _ = suite.run("--kv-no-store", "--kv-early-stop")
    assert stops(whole) == {"length"}
    assert stops(early) == stops(early, "baseline") == {"decided"}
    assert stops(early, probe="attack") == {"length"}, "a secret may still come out"
    assert verdicts(early) == verdicts(whole)
    for short, long in zip(early["cases"], whole["cases"], strict=True):
        assert long["compressed"][-1]["text"].startswith(short["compressed"][-1]["text"])
        assert short["keep_rate"] == long["keep_rate"] and short["cache"] == long["cache"]


def test_the_summary_says_that_lengths_are_lower_bounds_and_compares_none_of_them(suite: TinySuite) -> None:
    suite.write("shop.kv.yaml", SOON)
    suite.run("--kv-no-store", "--kv-early-stop")
    assert suite.screen.count("1 of 2 conversations stopped early, once every check on them was decided") == 2
    suite.run("--kv-no-store")
    assert "stopped early" not in suite.screen


def test_one_check_that_is_open_keeps_a_reply_going(suite: TinySuite) -> None:
    suite.write("shop.kv.yaml", DECIDED)
    report, _ = suite.run("--kv-no-store", "--kv-early-stop")
    assert stops(report) == {"length"}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--kv-max-length-ratio=2"], SOON),
        (["--kv-max-longer-share=0.5"], SOON),
        (["--kv-golden=update", "--kv-golden-force"], SOON),
        (["--kv-scope=decode"], SOON),
        ([], SOON + "orderings: {sample: 0, search: 2}\n"),
    ],
    ids=["length-gate", "longer-gate", "goldens", "held-budget", "search"],
)
def test_what_wants_whole_replies_gets_them(suite: TinySuite, words: list[str], text: str) -> None:
    suite.write("shop.kv.yaml", text)
    report, _ = suite.run("--kv-no-store", "--kv-early-stop", *words)
    assert "decided" not in stops(report)


def test_the_store_keeps_stopped_replies_apart_from_whole_ones(suite: TinySuite) -> None:
    suite.write("shop.kv.yaml", SOON)
    early, _ = suite.run("--kv-early-stop")
    whole, (found, total) = suite.run()
    assert 0 < found < total, "attacks came to their ends"
    assert stops(whole) == {"length"}
    again, (found, total) = suite.run("--kv-early-stop")
    assert found == total and again == early


def test_whole_replies_serve_a_run_that_would_have_stopped(suite: TinySuite) -> None:
    suite.write("shop.kv.yaml", SOON)
    whole, _ = suite.run()
    early, (found, total) = suite.run("--kv-early-stop")
    assert found == total
    assert early["cases"] == whole["cases"]
    assert (early["run"]["early_stop"], whole["run"]["early_stop"]) == (True, False)


def test_workers_stop_where_one_process_does(suite: TinySuite) -> None:
    pytest.importorskip("xdist")
    suite.write("shop.kv.yaml", SOON)
    alone, _ = suite.run("--kv-no-store", "--kv-early-stop")
    spread, _ = suite.run("--kv-no-store", "--kv-early-stop", "-n2")
    assert json.dumps(spread) == json.dumps(alone)


def test_servers_generate_to_the_end_so_the_option_is_refused(suite: TinySuite) -> None:
    ran = suite.pytester.runpytest_inprocess(
        "--kv-early-stop", "--kv-baseline-endpoint=http://localhost:1/v1", "--kv-endpoint=http://localhost:2/v1"
    )
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    assert "--kv-early-stop ends replies in this process" in ran.stderr.str()
