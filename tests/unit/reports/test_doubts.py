"""A HELD that proves little is marked wherever it is shown."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_kvguard.contract.model import Contract
from pytest_kvguard.reports.github import step_summary
from pytest_kvguard.reports.html.page import render_html
from pytest_kvguard.reports.junit import junit_properties
from pytest_kvguard.reports.records import case_record
from pytest_kvguard.reports.rows import SummaryRow
from pytest_kvguard.reports.summary import cell_tables
from pytest_kvguard.values.results import CaseResult, Check, CheckPair, Doubt, KeepRate, Verdict
from pytest_kvguard.verifiers.table import junk_floor
from tests.report_documents import document_of, recorded

Make = Callable[..., CaseResult]
HOLDS = Check("contains", True, "contains '9:30'", "'9:30' is in the reply")
KEEPS_SECRET = Check("no_leak", True, "'[secret:1]' stays secret", "no leak", leak=True)
ALL = KeepRate((1.0,), 8)
NOTHING = KeepRate((0.0, 0.004), 8)


def held(result_of: Make, *pairs: CheckPair, rate: KeepRate | None = ALL) -> CaseResult:
    result = result_of(Verdict.HELD, checks=(HOLDS, HOLDS), rate=rate)
    return replace(result, checks=pairs or result.checks, reason="")


def pair_of(rule: str, value: object) -> CheckPair:
    check = replace(HOLDS, rule=rule)
    return CheckPair(check, check, junk_floor=junk_floor(rule, value))


def test_a_check_that_held_while_nothing_was_kept_is_doubted(result_of: Make) -> None:
    assert held(result_of, rate=NOTHING).doubts == (Doubt.UNKEPT,)
    assert held(result_of, CheckPair(KEEPS_SECRET, KEEPS_SECRET), rate=NOTHING).doubts == (Doubt.UNKEPT,)


@pytest.mark.parametrize("mean", [0.01, 0.5, 1.0])
def test_a_check_that_held_with_some_of_it_kept_is_not(result_of: Make, mean: float) -> None:
    assert held(result_of, rate=KeepRate((mean,), 8)).doubts == ()


@pytest.mark.parametrize("rule", [("max_words", 30), ("no_comma", True), ("max_sentences", 2)])
def test_a_check_that_junk_passes_is_doubted_unless_another_stands_beside_it(
    result_of: Make, rule: tuple[str, object]
) -> None:
    weak, strong = pair_of(*rule), pair_of("contains", "9:30")
    assert held(result_of, weak).doubts == (Doubt.JUNK,)
    assert held(result_of, weak, strong).doubts == ()
    assert held(result_of, weak, CheckPair(KEEPS_SECRET, KEEPS_SECRET)).doubts == (Doubt.JUNK,)


def test_what_junk_would_do_is_not_guessed(result_of: Make) -> None:
    assert held(result_of, CheckPair(HOLDS, HOLDS, junk_floor=None)).doubts == ()


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.HELD])
def test_only_a_held_is_doubted(result_of: Make, verdict: Verdict) -> None:
    assert replace(held(result_of, rate=NOTHING), verdict=verdict).doubts == ()


def test_an_uncompressed_check_is_doubted_for_junk_alone(result_of: Make) -> None:
    plain = replace(held(result_of, pair_of("max_words", 9)), compressed=None)
    assert plain.doubts == (Doubt.JUNK,)


def test_the_table_marks_the_count_and_says_why_below(result_of: Make) -> None:
    rows = [
        SummaryRow.of(held(result_of, rate=NOTHING), "shop.kv.yaml::a"),
        SummaryRow.of(held(result_of), "shop.kv.yaml::b"),
    ]
    text = cell_tables(rows, (), 120, color=False)
    assert "   2?  " in text
    assert "? held at 0 % kept: does this check need the instruction? (shop · hours)" in text
    assert "?" not in cell_tables(rows[1:], (), 120, color=False)


def test_a_long_list_is_cut(result_of: Make) -> None:
    row = SummaryRow.of(held(result_of, rate=NOTHING), "shop.kv.yaml::a")
    rows = [replace(row, instruction=f"i{number}") for number in range(15)]
    assert cell_tables(rows, (), 1000, color=False).count("shop · i") == 12
    assert "and 3 more)" in cell_tables(rows, (), 1000, color=False)


def test_every_report_says_so(result_of: Make, contract: Contract) -> None:
    result = held(result_of, rate=NOTHING)
    record = case_record(result, contract, "pytest")
    document = document_of(recorded(record))
    assert record["doubts"] == [str(Doubt.UNKEPT)]
    assert dict(junit_properties(result))["kv_doubts"] == str(Doubt.UNKEPT)
    assert str(Doubt.UNKEPT) in html.unescape(step_summary(document))
    page = html.unescape(render_html(document))
    assert f'title="{Doubt.UNKEPT}">? held at 0 % kept<' in page
    assert f'<span class="badge doubt">?</span> {Doubt.UNKEPT}' in page


def test_a_report_of_an_earlier_version_has_no_doubts() -> None:
    page = render_html(document_of(recorded()))
    assert "badge doubt" not in page
    assert "does this check need" not in step_summary(document_of(recorded()))
