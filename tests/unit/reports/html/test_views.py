"""The figures on the page: curves, heat maps, shaded prompts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.reports.html.cells import cells_of, heat
from pytest_kvguard.reports.html.curves import BOTTOM, LEFT, RIGHT, TOP, charts
from pytest_kvguard.reports.html.matrix import heat_maps, matrix_rows
from pytest_kvguard.reports.html.prompts import prompt_maps
from pytest_kvguard.values.cell import Cell
from tests.report_documents import recorded

SNAPKV = Cell.of("snapkv", "0.5")


def test_cells_stand_in_the_order_of_the_command_line() -> None:
    declared = [{"policy": policy, "ratio": "0.5", "kernel": "sdpa"} for policy in ("snapkv", "knorm", "tova")]
    records = [recorded(policy="tova"), recorded(policy="snapkv"), recorded(policy="tova")]
    assert [cell.policy_name for cell in cells_of(records, declared)] == ["snapkv", "tova"]


@given(st.floats(0, 1))
def test_every_share_has_a_style(share: float) -> None:
    assert heat(share) in {f"k{step}" for step in range(11)}


def test_a_curve_shares_out_what_held_uncompressed_and_nothing_else() -> None:
    verdicts = ("HELD", "HELD", "LOST", "LEAKED", "UNMET", "ERROR", "UNSTABLE")
    (chart,) = charts([recorded(verdict=verdict) for verdict in verdicts], [SNAPKV])
    ((point,),) = [series.points for series in chart.series]
    assert (point.held, point.checks) == (2, 4)
    assert (point.low, point.high) == pytest.approx((0.150, 0.850), abs=1e-3)
    assert (point.x, point.y) == ((LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2)
    assert point.high_y < point.y < point.low_y


def test_several_contracts_get_a_chart_each_and_one_together() -> None:
    cases = [recorded(contract=name, ratio=ratio) for name in ("a", "b") for ratio in ("0.5", "1/4")]
    cells = [Cell.of("snapkv", ratio) for ratio in ("0.5", "1/4")]
    drawn = charts(cases, cells)
    assert [chart.title for chart in drawn] == ["all contracts", "a", "b"]
    assert [point.ratio for point in drawn[0].series[0].points] == ["1/4", "0.5"]
    assert drawn[0].series[0].path.startswith(f"{LEFT:.1f},{TOP:.1f} ")


def test_kernels_are_curves_of_their_own() -> None:
    cells = [SNAPKV, Cell.of("snapkv", "0.5", "eager")]
    (chart,) = charts([recorded(), recorded(kernel="eager")], cells)
    assert [series.label for series in chart.series] == ["snapkv", "snapkv, eager"]


def test_without_compression_there_is_no_curve() -> None:
    assert charts([recorded(policy="none", ratio="0")], [Cell()]) == []


def test_the_matrix_counts_the_worst_first_and_leaves_out_what_did_not_run() -> None:
    cases = [recorded(verdict="HELD"), recorded(verdict="LOST"), recorded(verdict="HELD", keep_rate=None)]
    listed = [cases[1], cases[0], cases[2]]
    (row,) = matrix_rows(cases, listed, [SNAPKV, Cell.of("knorm", "0.5")])
    entry, missing = row.cells
    assert missing is None
    assert entry is not None
    assert (entry.counts, entry.kept, entry.case) == ((("LOST", 1), ("HELD", 2)), 0.25, 0)


def test_the_matrix_has_a_row_for_every_line_of_an_id_and_says_it_as_written() -> None:
    searched = recorded(order_index=-1, instruction_text="Open from 9:30.")
    cases = [searched, recorded(), recorded(line=9, instruction_text="Shut at 9:30.")]
    rows = matrix_rows(cases, cases, [SNAPKV])
    assert [row.text for row in rows] == ["We open at 9:30.", "Shut at 9:30."]
    ((_, heat_rows),) = heat_maps(cases, [SNAPKV])
    assert len(heat_rows) == 2


def test_a_heat_map_has_the_mean_over_probes_and_orders() -> None:
    other = {"mean": 0.75, "tokens": 8, "by_layer": [0.5, 1.0]}
    ((cell, rows),) = heat_maps([recorded(), recorded(probe="again", keep_rate=other)], [SNAPKV])
    assert cell == SNAPKV
    assert [(row.instruction, row.by_layer, row.mean) for row in rows] == [("hours", (0.5, 0.5), 0.5)]


def test_a_prompt_is_shaded_token_by_token_and_split_at_instructions() -> None:
    context = {
        "file": "shop.kv.yaml",
        "contract": "shop",
        "probes": ["opening", "attack"],
        "policy": "snapkv",
        "ratio": "0.5",
        "kernel": "sdpa",
        "pieces": ["You", " are\n", "We", " open", "."],
        "instructions": [None, None, "hours", "hours", "hours"],
        "kept": [1.0, 1.0, 0.5, 0.5, 0.0],
    }
    ((title, cell, passages),) = prompt_maps([context], [SNAPKV])
    assert (title, cell) == ("shop", SNAPKV)
    both = prompt_maps([context, {**context, "probes": ["talk"]}], [SNAPKV])
    assert [title for title, *_ in both] == ["shop, opening, attack", "shop, talk"]
    assert [(p.instruction, round(p.kept, 2)) for p in passages] == [(None, 1.0), ("hours", 0.33)]
    assert [(s.text, s.style, s.tokens) for s in passages[0].stretches] == [("You are\n", "k10", 2)]
    assert [(s.text, s.style) for s in passages[1].stretches] == [("We open", "k5"), (".", "k0")]
