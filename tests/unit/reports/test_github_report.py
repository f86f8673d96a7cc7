"""Step summary and annotations for a GitHub runner, in which no model output is a command."""

from __future__ import annotations

import html
import re

import pytest

from pytest_kvguard.reports.github import MOST_FAILURES, error_annotations, step_summary
from tests.report_documents import document_of, recorded

HOSTILE = (
    "::error::x\n::add-mask::y ##[group]z | <script>alert(1)</script> ![x](https://example.org/a.png) @everyone "
    "[click](javascript:1) `code` **bold** </details> www.example.org \x1b[31m %0A::warning::w"
)


def test_an_annotation_stands_on_the_line_of_the_contract() -> None:
    (line,) = error_annotations(document_of(recorded()), "sub/folder")
    assert line == (
        "::error file=sub/folder/shop.kv.yaml,line=6,title=shop · hours%3A 1 LOST of 1::"
        "snapkv 0.5: LOST: contains '9:30': '9:30' is not in the reply%0A"
        "rerun: pytest 'shop.kv.yaml::opening::hours[snapkv-0.5]' --kv-policy=snapkv"
    )


def test_an_instruction_that_fails_often_gets_one_annotation() -> None:
    cases = [recorded(ratio=ratio, verdict=verdict) for ratio, verdict in (("0.25", "LOST"), ("0.5", "LEAKED"))]
    passed = recorded(ratio="0.1", outcome="passed", verdict="HELD")
    (line,) = error_annotations(document_of(*cases, passed))
    assert "title=shop · hours%3A 1 LOST%2C 1 LEAKED of 3::snapkv 0.25" in line


def test_what_did_not_fail_the_run_gets_no_annotation() -> None:
    outcomes = ("passed", "skipped", "xfailed")
    assert error_annotations(document_of(*(recorded(outcome=outcome) for outcome in outcomes))) == []


def test_gates_and_broken_contracts_are_annotated() -> None:
    place = {"nodeid": "a.kv.yaml::x", "file": "a.kv.yaml", "outcome": "failed"}
    gate = {**place, "contract": "a", "policy": "snapkv", "ratio": "0.5", "kernel": "sdpa"}
    document = document_of(
        broken=[{**place, "line": 7, "message": "unknown key 'chek'"}],
        gates=[{**gate, "breaches": ["2 LOST, max_lost is 1"]}, {**gate, "outcome": "passed", "breaches": []}],
    )
    assert error_annotations(document) == [
        "::error file=a.kv.yaml,line=7,title=broken contract::unknown key 'chek'",
        "::error file=a.kv.yaml,title=gate of a::2 LOST, max_lost is 1",
    ]


def test_a_gate_that_fails_undecided_says_so_and_one_that_is_skipped_does_not() -> None:
    gate = {"nodeid": "a.kv.yaml::x", "file": "a.kv.yaml", "outcome": "failed", "contract": "a", "breaches": []}
    document = document_of(gates=[{**gate, "undecided": ["hours: 3 of 9"]}])
    assert error_annotations(document) == ["::error file=a.kv.yaml,title=gate of a::hours: 3 of 9"]
    assert "- gate of a: hours: 3 of 9" in html.unescape(step_summary(document))
    skipped = document_of(gates=[{**gate, "outcome": "skipped", "undecided": ["hours: 3 of 9"]}])
    assert error_annotations(skipped) == []


def test_instructions_with_the_same_id_on_two_lines_get_an_annotation_each() -> None:
    lines = error_annotations(document_of(recorded(line=6), recorded(line=9)))
    assert [line.partition(",title")[0][-6:] for line in lines] == ["line=6", "line=9"]


@pytest.mark.parametrize("key", ["reason", "contract", "instruction", "file", "policy", "rerun"])
def test_nothing_in_a_record_can_form_a_second_command(key: str) -> None:
    (line,) = error_annotations(document_of(recorded(**{key: HOSTILE})))
    assert "\n" not in line and "\r" not in line and "\x1b" not in line
    assert line.startswith("::error file=")
    properties, _, message = line.removeprefix("::error ").partition("::")
    assert len(properties.split(",")) == 3
    assert not re.search(r"##\w*\[", message)


@pytest.mark.parametrize("key", ["reason", "contract", "instruction", "nodeid"])
def test_nothing_in_a_summary_is_markup(key: str) -> None:
    written = step_summary(document_of(recorded(**{key: HOSTILE})))
    without_ours = re.sub(r"</?details>|</?summary>|<br>|&#\d+;", "", written)
    assert not re.search(r"[<>`@\[\]\\]|https?:|www\.|\*\*(?!1\*\*)", without_ours.replace("**1**", ""))
    assert "alert(1)" in html.unescape(written)
    assert "\x1b" not in html.unescape(written)


def test_the_summary_has_a_table_of_instructions_and_cells() -> None:
    cases = [recorded(), recorded(probe="again"), recorded(ratio="0.25", verdict="HELD", outcome="passed")]
    lines = html.unescape(step_summary(document_of(*cases))).splitlines()
    assert lines[0] == "### kvguard: tiny (float32 on cpu), scope context"
    assert lines[2] == "**1** HELD, **2** LOST"
    assert lines[4:7] == [
        "| contract | instruction | snapkv 0.5 | snapkv 0.25 |",
        "| --- | --- | --- | --- |",
        "| shop | hours | 2 LOST | 1 HELD |",
    ]


def test_an_incomplete_run_says_so() -> None:
    assert "incomplete: the run was stopped" in step_summary(document_of(recorded(), complete=False))


def test_a_run_of_nothing_has_a_summary() -> None:
    assert "no checks ran" in step_summary(document_of())


def test_long_lists_and_long_texts_are_cut() -> None:
    written = step_summary(document_of(*(recorded(reason="x" * 5000) for _ in range(MOST_FAILURES + 7))))
    assert "and 7 more" in written
    assert len(written) < 50_000
