"""The report of a gate."""

from __future__ import annotations

from dataclasses import replace

from pytest_kvguard.reports.gate import explain_gate, gate_lines
from pytest_kvguard.reports.records import gate_record
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.gates import DropTest, GateResult, GateVerdict
from pytest_kvguard.values.lengths import LengthSummary

DROP = DropTest(
    "opening-hours", 9, 36, 34, 20, 14 / 36, (0.2, 0.55), 0.0039, 7, True, unstable=2, verdict=GateVerdict.WORSE
)
DROP = replace(DROP, excluded_drop=0.58, smallest_drop=0.62)
UNSEEN = DropTest("tone", 1, 0, 0, 0, None, None, None, 7, False)
RESULT = GateResult(
    Cell.of("snapkv", "0.5"), ("too much is lost",), (), (DROP, UNSEEN), 4, 0.05, 9, 9, verdict=GateVerdict.WORSE
)


def lines(result: GateResult) -> list[str]:
    return explain_gate(result, "GATE  shop", "pytest x").splitlines()


def test_a_gate_shows_what_is_exceeded_and_what_was_seen_of_every_instruction() -> None:
    assert lines(RESULT) == [
        "GATE  shop",
        "  too much is lost",
        "",
        "  instruction    prompts  checks  hold  compressed   drop      interval        p  excluded",
        "  opening-hours        9      36    34          20     39      20 to 55   0.0039       >58  worse  2 UNSTABLE",
        "  tone                 1       0     0           0    n/a           n/a      n/a       n/a",
        "  p: chance of so large a drop from harmless changes alone, adjusted over 4 tests; 0.05 or less fails",
        "  excluded: drops of so many points, at confidence 0.95 for each instruction",
        "  worse; too few prompts to show any drop",
        "",
        "  rerun: pytest x",
    ]


def test_an_instruction_with_too_few_prompts_says_how_many_it_takes() -> None:
    row = lines(replace(RESULT, drops=(replace(DROP, prompts=3, unstable=0, failed=False, verdict=None),)))[4]
    assert row.endswith("0.0039       >58  shows nothing under 7 prompts")


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


def test_a_gate_that_passes_undecided_says_so_and_what_it_could_have_shown() -> None:
    open_gate = replace(
        RESULT, breaches=(), drops=(DROP,), verdict=GateVerdict.UNDECIDED, unproven=("tone: undecided",)
    )
    assert lines(open_gate)[1] == "  tone: undecided"
    shown = "undecided; the smallest drop that it could have shown is 62 points (80% of the time)"
    assert f"  {shown}" in lines(open_gate)
    assert gate_lines(gate_record(open_gate)) == [shown, "tone: undecided"]


def test_records_of_older_versions_say_only_what_is_undecided() -> None:
    assert gate_lines({"breaches": [], "undecided": ["hours: 3 of 9"]}) == ["hours: 3 of 9"]
