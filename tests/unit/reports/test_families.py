"""The table of IFEval families."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_kvguard.reports.families import Adherence, family_tables
from pytest_kvguard.reports.rows import SummaryRow
from pytest_kvguard.values.cell import Cell

Row = Callable[..., SummaryRow]


@pytest.fixture
def row() -> Row:
    def make(
        family: str, before: bool | None, after: bool | None, junk_floor: float | None = 0.25, **more: Any
    ) -> SummaryRow:
        values: dict[str, Any] = {
            "contract": "rows",
            "probe": "1",
            "instruction": family,
            "cell": Cell.of("snapkv", "0.5"),
            "order_index": 0,
            "verdict": "HELD",
            "keep_rate": None,
            "achieved_ratio": None,
            "bytes_before": 0,
            "bytes_after": 0,
            "baseline_tokens": 1,
            "compressed_tokens": 1,
            "notes": (),
            "nodeid": "rows.jsonl::1",
        }
        held = {"held_uncompressed": int(bool(before)), "held_compressed": None if after is None else int(after)}
        counts = {"family": family, "checks": int(before is not None), **held, "junk_floor": junk_floor}
        return SummaryRow(**{**values, **counts, **more})

    return make


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.strip()]


def test_adherence_counts_both_arms_over_the_same_checks(row: Row) -> None:
    adherence = Adherence.over(
        [row("keywords", True, True), row("keywords", True, False), row("keywords", False, False)]
    )
    assert adherence.checks == 3
    assert adherence.uncompressed == pytest.approx(2 / 3)
    assert adherence.compressed == pytest.approx(1 / 3)
    assert adherence.above_junk(adherence.compressed) == pytest.approx(1 / 3 - 0.25)


def test_every_check_counts_the_same_however_many_a_row_has(row: Row) -> None:
    seeds = row("keywords", True, True, 0.5, checks=4, held_uncompressed=4, held_compressed=3)
    adherence = Adherence.over([seeds, row("keywords", False, False, 0.0)])
    assert (adherence.checks, adherence.uncompressed, adherence.compressed) == (5, 0.8, 0.6)
    assert adherence.junk_floor == 0.4


def test_a_floor_that_is_not_known_for_every_check_is_not_known(row: Row) -> None:
    adherence = Adherence.over([row("keywords", True, True), row("keywords", True, True, None)])
    assert adherence.junk_floor is None
    assert adherence.above_junk(adherence.uncompressed) is None


def test_a_family_has_a_line_and_all_of_them_a_last_one(row: Row) -> None:
    rows = [row("startend", True, False, 0.0), row("keywords", True, True, 0.5), row("keywords", False, False, 0.5)]
    shown = lines(family_tables(rows, 100, color=False))
    assert shown[0] == ["IFEval", "adherence", "by", "family:", "snapkv", "0.5"]
    assert shown[1] == ["family", "checks", "uncompressed", "compressed", "floor", "above", "floor"]
    assert shown[3] == ["keywords", "2", "50%", "50%", "50%", "+0", "→", "+0"]
    assert shown[4] == ["startend", "1", "100%", "0%", "0%", "+100", "→", "+0"]
    assert shown[5] == ["all", "3", "67%", "33%", "33%", "+33", "→", "+0"]
    assert shown[6][0] == "floor:"


def test_every_cell_has_a_table_of_its_own(row: Row) -> None:
    text = family_tables(
        [row("keywords", True, True), row("keywords", True, False, cell=Cell.of("knorm", "0.5"))], 100, color=False
    )
    assert text.count("IFEval adherence by family: ") == 2
    assert "IFEval adherence by family: knorm 0.5\n" in text


def test_without_a_policy_there_is_one_arm(row: Row) -> None:
    shown = lines(family_tables([row("keywords", True, None, cell=Cell())], 100, color=False))
    assert shown[0] == ["IFEval", "adherence", "by", "family:", "uncompressed"]
    assert shown[3] == ["keywords", "1", "100%", "25%", "+75"]


def test_a_floor_that_is_not_known_is_no_number(row: Row) -> None:
    shown = lines(family_tables([row("keywords", True, True, None)], 100, color=False))
    assert shown[3] == ["keywords", "1", "100%", "100%", "n/a", "n/a", "→", "n/a"]


def test_checks_that_could_not_run_are_counted_and_not_averaged_away(row: Row) -> None:
    text = family_tables([row("keywords", True, True), row("keywords", None, None)], 100, color=False)
    assert text.endswith("1 checks could not run and are not counted above")
    only = family_tables([row("keywords", None, None)], 100, color=False)
    assert "uncompressed" not in only


def test_checks_of_other_kinds_make_no_table(row: Row) -> None:
    assert family_tables([row("", True, True)], 100, color=False) == ""


def test_the_columns_fit_a_narrow_terminal(row: Row) -> None:
    text = family_tables([row("detectable_content", True, True)], 80, color=False)
    assert "detectable_content" in text
    assert max(map(len, text.splitlines())) <= 80
