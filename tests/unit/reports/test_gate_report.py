"""The report of a gate."""

from __future__ import annotations

from dataclasses import replace

from pytest_kvguard.reports.gate import explain_gate
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.gates import DropTest, GateResult
from pytest_kvguard.values.lengths import LengthSummary

DROP = DropTest("opening-hours", 9, 36, 34, 20, 14 / 36, (0.2, 0.55), 0.0039, 7, True, unstable=2)
UNSEEN = DropTest("tone", 1, 0, 0, 0, None, None, None, 7, False)
RESULT = GateResult(Cell.of("snapkv", "0.5"), ("too much is lost",), (), (DROP, UNSEEN), 4, 0.05, 9, 9)


def lines(result: GateResult) -> list[str]:
    return explain_gate(result, "GATE  shop", "pytest x").splitlines()


def test_a_gate_shows_what_is_exceeded_and_what_was_seen_of_every_instruction() -> None:
    assert lines(RESULT) == [
        "GATE  shop",
        "  too much is lost",
        "",
        "  instruction    prompts  checks  hold  compressed   drop      interval        p",
        "  opening-hours        9      36    34          20     39      20 to 55   0.0039  2 UNSTABLE",
        "  tone                 1       0     0           0    n/a           n/a      n/a",
        "  p: chance of so large a drop from harmless changes alone, adjusted over 4 tests; 0.05 or less fails",
        "",
        "  rerun: pytest x",
    ]


def test_an_instruction_with_too_few_prompts_says_how_many_it_takes() -> None:
    row = lines(replace(RESULT, drops=(replace(DROP, prompts=3, unstable=0),)))[4]
    assert row.endswith("0.0039  shows nothing under 7 prompts")


def test_the_widest_interval_stands_apart_from_its_drop() -> None:
    row = lines(replace(RESULT, drops=(replace(DROP, drop=-1.0, interval=(-1.0, -1.0)),)))[4]
    assert "-100  -100 to -100" in row


def test_a_gate_that_stopped_early_says_after_how_many_orders() -> None:
    assert "  decided after 9 of 33 orders" in lines(replace(RESULT, orders_planned=33))


def test_a_gate_that_only_counts_has_no_table() -> None:
    counted = GateResult(Cell.of("snapkv", "0.5"), ("2 LOST, max_lost is 1: a (p), b (p)",))
    assert lines(counted) == ["GATE  shop", "  2 LOST, max_lost is 1: a (p), b (p)", "  rerun: pytest x"]


def test_a_gate_says_how_lengths_changed_where_they_did() -> None:
    lengths, control = (
        LengthSummary(20, 1.3, (0.9, 1.0, 2.1), 4, 1, compressed_caps=2),
        LengthSummary(20, 1.0, (), 1, 1),
    )
    line = "  replies 1.30x as long; 4 of 20 at least 1.5x, 1 at most 0.67x; cut off: 0 → 2"
    assert line in lines(replace(RESULT, lengths=lengths))
    assert line.replace("; cut", "; uncompressed twice: 1 and 1 of 20; cut") in lines(
        replace(RESULT, lengths=lengths, control=control)
    )
    assert lines(replace(RESULT, lengths=LengthSummary(20, 1.0, (), 0, 0))) == lines(RESULT)
