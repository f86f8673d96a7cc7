from __future__ import annotations

from dataclasses import replace

from pytest_kvguard.faults.fault import SECOND
from pytest_kvguard.reports.faults import fault_lines, progress_line
from tests.unit.faults.outcomes import MEASURED


def text(least: float | None = 0.95) -> str:
    return "\n".join(fault_lines(MEASURED, least))


def row(name: str) -> list[str]:
    return next(line for line in text().splitlines() if line.strip().startswith(name)).split()


def test_every_fault_has_a_row_with_a_mark_per_layer() -> None:
    assert row("k-moved-v-not") == ["k-moved-v-not", "x", "-", "x", "ggml-org/llama.cpp#14081"]
    assert row("window-tie") == ["window-tie", "-", "-", "-", "NVIDIA/kvpress#226", "SURVIVED"]


def test_equivalent_faults_stand_apart_with_their_reasons() -> None:
    assert "equivalent here:\n  scale-dropped             no policy quantizes" in text()


def test_false_alarms_are_shouted() -> None:
    assert "FALSE ALARMS" in text()
    assert "test_recording[snapkv]: kept differs" in text()
    assert "false alarms:               1 of 2 refactors, 1 of them in code that never ran" in text()


def test_the_score_stands_beside_what_was_asked_for() -> None:
    assert "caught:                     2 of 3 (67%, required 95%), 1 equivalent here" in text()
    assert "caught:                     2 of 3 (67%), 1 equivalent here" in text(None)


def test_layers_alone_are_counted() -> None:
    assert "invariants alone:           1 of 3" in text()


def test_one_half_of_the_catalogue_is_not_counted_apart() -> None:
    assert "half:" not in text()


def test_both_halves_of_the_catalogue_are_counted_by_layer() -> None:
    *first, last = MEASURED.faults
    both = replace(MEASURED, faults=(*first, replace(last, edition=SECOND)))
    lines = list(fault_lines(both))
    assert "first half:                 1 of 2 (invariants 1, goldens 0, contracts 1)" in lines
    assert "second half:                1 of 1 (invariants 0, goldens 1, contracts 0)" in lines
    assert both.document()["halves"]["second half"] == {
        "seen": 1,
        "caught": 1,
        "invariant": 0,
        "golden": 1,
        "contract": 0,
    }


def test_a_score_of_nothing_is_not_available() -> None:
    lines = "\n".join(fault_lines(replace(MEASURED, faults=())))
    assert "0 of 0 (n/a)" in lines


def test_a_fault_is_told_as_soon_as_it_is_known() -> None:
    assert progress_line(MEASURED.faults[0]) == "k-moved-v-not               caught by invariant, contract (1.2 s)"
    assert "SURVIVED" in progress_line(MEASURED.faults[2])
    assert "equivalent here" in progress_line(MEASURED.faults[1])
