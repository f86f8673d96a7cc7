"""The tables at the end of a run, and their rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from pytest_kvguard.reports.rows import SummaryRow
from pytest_kvguard.reports.summary import cell_tables, total_line
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.results import CaseResult, Check, CheckPair, SeedResult, Verdict

ROW = SummaryRow(
    contract="shop",
    probe="opening",
    instruction="hours",
    cell=Cell.of("snapkv", "0.5"),
    order_index=0,
    verdict="HELD",
    keep_rate=0.5,
    achieved_ratio=0.5,
    bytes_before=2 * 2**20,
    bytes_after=2**20,
    baseline_tokens=10,
    compressed_tokens=15,
    notes=(),
    nodeid="shop.kv.yaml::opening::hours[snapkv-0.5]",
)


def row(**changes: object) -> SummaryRow:
    return replace(ROW, **changes)  # type: ignore[arg-type]


def lines_of(rows: list[SummaryRow], width: int = 100, cells: Sequence[Cell] = ()) -> list[str]:
    return [line.rstrip() for line in cell_tables(rows, cells, width, color=False).splitlines()]


def test_a_row_survives_json(result_of: Callable[..., CaseResult]) -> None:
    summary = SummaryRow.of(result_of(notes=("a note",)), "shop.kv.yaml::x")
    assert SummaryRow.from_json(json.loads(json.dumps(summary.to_json()))) == summary
    assert (summary.keep_rate, summary.achieved_ratio) == (0.625, 0.495)
    assert (summary.baseline_tokens, summary.compressed_tokens, summary.bytes_after) == (4, 2, 2**21)
    assert summary.notes == ("a note",)


def test_a_row_of_an_error_knows_no_measurements(result_of: Callable[..., CaseResult]) -> None:
    broken = replace(result_of(Verdict.ERROR), baseline=None, compressed=None, checks=())
    summary = SummaryRow.of(broken, "x")
    assert (summary.verdict, summary.keep_rate, summary.achieved_ratio) == ("ERROR", None, None)
    assert summary.compressed_tokens == 0
    assert SummaryRow.from_json(json.loads(json.dumps(summary.to_json()))) == summary


def test_a_row_counts_ifeval_checks_of_every_seed_and_no_other_rule(result_of: Callable[..., CaseResult]) -> None:
    def reply(seed: int, holds: bool) -> SeedResult:
        asked = [CheckPair(Check("ifeval", True, "", ""), Check("ifeval", holds, "", ""), junk_floor=seed / 4)]
        other = CheckPair(Check("contains", False, "", ""), Check("contains", False, "", ""))
        return SeedResult(seed, (*asked, other), 1, 1)

    seeds = tuple(reply(seed, holds=seed > 0) for seed in range(4))
    result = replace(result_of(), checks=seeds[0].checks, by_seed=seeds)
    summary = SummaryRow.of(result, "x", family="keywords")
    assert (summary.checks, summary.held_uncompressed, summary.held_compressed, summary.junk_floor) == (4, 4, 3, 0.375)
    assert SummaryRow.of(result, "x").checks == 0


def test_a_table_counts_verdicts_by_instruction() -> None:
    rows = [row(), row(probe="talk", verdict="LOST", keep_rate=0.25), row(instruction="tone", keep_rate=1.0)]
    assert lines_of(rows) == [
        "snapkv 0.5 (achieved 0.500)",
        "a context's cache 2.00 → 1.00 MiB on average",
        "",
        " contract   instruction   HELD   LOST   tokens kept",
        " ──────────────────────────────────────────────────",
        " shop       hours            1      1           38%",
        "            tone             1      ·          100%",
        "",
        "2 HELD, 1 LOST; replies 1.50x as long as uncompressed",
    ]


def test_every_policy_ratio_and_kernel_has_a_section_of_its_own() -> None:
    cells = [Cell.of("snapkv", "0.5"), Cell.of("snapkv", "0.25"), Cell.of("knorm", "0.5")]
    rows = [row(cell=cell, achieved_ratio=float(cell.ratio)) for cell in (*cells, Cell.of("snapkv", "0.5", "eager"))]
    assert [line for line in lines_of(rows) if "achieved" in line] == [
        "snapkv 0.5 (achieved 0.500)",
        "snapkv 0.25 (achieved 0.250)",
        "knorm 0.5 (achieved 0.500)",
        "snapkv 0.5, eager (achieved 0.500)",
    ]


def test_sections_stand_in_the_order_typed_and_cells_that_nobody_typed_follow() -> None:
    typed = [Cell.of("tova", "0.5"), Cell.of("knorm", "0.5"), Cell.of("h2o", "0.5"), Cell.of("snapkv", "0.5")]
    ran = [Cell.of("streaming_llm", "0.5"), typed[3], typed[1], typed[0]]
    shown = lines_of([row(cell=cell) for cell in ran], cells=typed)
    assert [line.split()[0] for line in shown if "achieved" in line] == ["tova", "knorm", "snapkv", "streaming_llm"]


def test_achieved_ratios_that_differ_are_given_as_a_range() -> None:
    assert "(achieved 0.490-0.500)" in lines_of([row(), row(contract="desk", achieved_ratio=0.49)])[0]


def test_a_conversation_counts_once_in_the_averages_however_many_instructions_it_checks() -> None:
    large = row(probe="talk", bytes_before=4 << 20, bytes_after=2 << 20, baseline_tokens=30, compressed_tokens=30)
    lines = lines_of([row(), row(instruction="tone"), row(instruction="hours"), large])
    assert lines[1] == "a context's cache 3.00 → 1.50 MiB on average"
    assert lines[-1].endswith("replies 1.12x as long as uncompressed")


def test_notes_that_differ_in_their_figures_alone_are_shown_once() -> None:
    lines = lines_of([row(notes=("held: 12 rows",)), row(probe="talk", notes=("held: 18 rows", "left alone"))])
    assert lines[-2:] == ["note: held: 12 rows", "note: left alone"]


def test_an_uncompressed_run_has_no_keep_rates_and_no_lengths() -> None:
    plain = row(cell=Cell(), keep_rate=None, achieved_ratio=None, compressed_tokens=0, verdict="UNMET")
    lines = lines_of([plain])
    assert lines[0] == "uncompressed"
    assert "tokens kept" not in "".join(lines)
    assert lines[-1] == "1 UNMET"


def test_what_was_not_measured_is_not_zero() -> None:
    broken = row(verdict="ERROR", keep_rate=None, achieved_ratio=None, compressed_tokens=0)
    lines = lines_of([broken])
    assert lines[0] == "snapkv 0.5"
    assert any(line.endswith("n/a") for line in lines)
    assert lines[-1] == "1 ERROR"


def test_notes_are_said_once_and_are_not_markup() -> None:
    lines = lines_of([row(notes=("window [bold]shrank[/bold] to 4",)), row(notes=("window [bold]shrank[/bold] to 4",))])
    assert lines.count("note: window [bold]shrank[/bold] to 4") == 1


@pytest.mark.parametrize("width", [60, 200])
def test_no_line_is_wider_than_the_screen_and_nothing_is_cut_off(width: int) -> None:
    long = row(contract="a-contract-with-a-rather-long-name", instruction="an-instruction-with-a-longer-name-still")
    rows = [replace(long, verdict=verdict) for verdict in ("HELD", "LOST", "LEAKED", "UNMET", "ERROR")]
    lines = lines_of(rows, width)
    assert max(map(len, lines)) <= width
    assert "…" not in "".join(lines)
    assert all(any(verdict in line for line in lines) for verdict in ("HELD", "LOST", "LEAKED", "UNMET", "ERROR"))
    rule = next(number for number, line in enumerate(lines) if "──" in line)
    folded = "".join(lines[rule + 1 : -2])
    assert sorted(re.sub(r"[\d% ]", "", folded)) == sorted(long.contract + long.instruction)


def test_colours_are_written_only_when_asked_for() -> None:
    assert "\x1b[" not in cell_tables([row(verdict="LOST")], [], 100, color=False)
    assert "\x1b[1;31m" in cell_tables([row(verdict="LOST")], [], 100, color=True)


def test_totals_can_stand_alone() -> None:
    assert "tokens kept" not in cell_tables([row()], [], 100, color=False, tables=False)
    assert total_line([row(), row(), row(verdict="LEAKED")]) == "2 HELD, 1 LEAKED"
    assert total_line([]) == "no checks ran"
