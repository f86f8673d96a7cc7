"""Each level detects its own kind of difference, names the first place, and excuses only effects of rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy
import pytest

from pytest_kvguard.golden.compare import compare, compare_levels
from pytest_kvguard.golden.levels.table import LEVELS
from pytest_kvguard.golden.match import LevelResult
from pytest_kvguard.golden.recording import Recording, kept_mask
from pytest_kvguard.golden.tolerance import BY_DTYPE, tolerance_for
from tests.recordings import ELSEWHERE, HERE, KEPT, REPORTS, logits, recording, turn, with_swap

OTHER = (((0, 1, 2, 5, 7), (0, 1, 2, 3, 6)), KEPT[1])

ONE_LEVEL = {
    "kept": recording(with_swap(1, 0, evicted=3, kept=4)),
    "size": recording(turn(cache_bytes=1284)),
    "reports": recording(turn(reports={**REPORTS, "keep rate of hours": 0.69})),
    "logits": recording(turn(logits=logits(((4, 3.0), (9, 2.9), (2, 1.0)), ((7, 5.2), (4, 1.0), (3, 0.5))))),
    "tokens": recording(turn(token_ids=(4, 3))),
    "verdicts": recording(hours="LOST"),
}


def result(level: str, recorded: Recording, now: Recording) -> LevelResult:
    return next(result for result in compare_levels(recorded, now).results if result.level == level)


def test_every_level_reports_under_the_name_it_is_asked_for_by() -> None:
    assert tuple(result.level for result in compare_levels(recording(), recording()).results) == LEVELS


def test_the_same_run_is_as_recorded_at_every_level() -> None:
    assert compare(recording(), recording()) is None
    assert {result.outcome for result in compare_levels(recording(), recording()).results} == {"same"}


NOT_FINITE = [float("nan"), float("inf"), float("-inf")]


def spoilt(name: str, value: float, everywhere: bool) -> Recording:
    """Return the usual recording with logits, or their sums, that are not finite."""
    usual = logits(((4, 3.0), (9, 2.9), (2, 1.0)), ((7, 5.0), (4, 1.0), (3, 0.5)))
    array = getattr(usual, name).copy()
    array[slice(None) if everywhere else 1] = value
    return recording(turn(logits=replace(usual, **{name: array})))


@pytest.mark.parametrize("value", NOT_FINITE, ids=str)
@pytest.mark.parametrize("everywhere", [False, True], ids=["one-token", "all-tokens"])
@pytest.mark.parametrize("name", ["values", "log_sums"])
def test_logits_that_are_not_finite_are_never_the_same(name: str, value: float, everywhere: bool) -> None:
    bad = spoilt(name, value, everywhere)
    for recorded, now, side in ((recording(), bad, "present"), (bad, recording(), "recorded"), (bad, bad, "recorded")):
        outcome = result("logits", recorded, now)
        assert (outcome.outcome, outcome.detail) == ("differs", f"the {side} logits are not finite numbers")


@pytest.mark.parametrize("level", ONE_LEVEL)
def test_a_difference_is_detected_at_its_level_and_at_no_other(level: str) -> None:
    comparison = compare_levels(recording(), ONE_LEVEL[level])
    assert [r.level for r in comparison.results if r.outcome == "differs"] == [level]
    assert compare(recording(), ONE_LEVEL[level], set(LEVELS) - {level}) is None


def test_the_first_of_several_levels_that_differ_is_named() -> None:
    now = recording(turn(kept=kept_mask(OTHER), entries=19, token_ids=(5, 7)), hours="LOST")
    assert compare(recording(), now).level == "kept"
    assert compare(recording(), now, ["tokens", "size"]).level == "size"


def test_other_kept_entries_are_located_by_layer_head_and_token() -> None:
    now = turn(
        kept=with_swap(1, 0, evicted=3, kept=4).kept, pieces=("a",) * 8, owners=(None, None, None, *["hours"] * 5)
    )
    difference = compare(recording(), recording(now))
    assert difference.where == "talk, layer 1, KV head 0, token 3 'a' of hours"
    assert difference.detail == (
        "recorded as kept, now evicted; 1 of 4 heads differ; overlap 95.00%, least in layer 1: 90.00% (exactly the "
        "recorded entries are allowed)"
    )


def test_a_partial_overlap_is_never_shown_as_100_percent() -> None:
    many = numpy.ones((1, 1, 100_000), dtype=bool)
    other = many.copy()
    other[0, 0, 5] = False
    assert "overlap 99.99%" in compare(recording(turn(kept=many)), recording(turn(kept=other))).detail


def test_different_numbers_of_layers_and_heads_are_reported() -> None:
    difference = compare(recording(), recording(turn(kept=kept_mask(KEPT[:1]))))
    assert difference.detail == "2 layers of 2 KV heads against 1 layers of 2 KV heads"


@pytest.mark.parametrize(("recorded", "now"), [(None, KEPT), (KEPT, None)])
def test_a_turn_that_is_compressed_on_one_side_alone_differs(recorded: object, now: object) -> None:
    sides = [recording(turn(kept=None if kept is None else kept_mask(kept))) for kept in (recorded, now)]
    assert compare(*sides).level == "kept"


def test_near_ties_are_excused_in_another_environment_alone() -> None:
    many = numpy.zeros((2, 2, 2000), dtype=bool)
    many[:, :, :1000] = True
    other = many.copy()
    other[1, 0, 999], other[1, 0, 1000] = False, True
    recorded = recording(turn(kept=many))
    assert compare(recorded, recording(turn(kept=other))).level == "kept"
    excused = result("kept", recorded, recording(turn(kept=other), environment=ELSEWHERE))
    assert excused.outcome == "moved"
    assert "allowed from 99.8% and 98.0% in this other environment" in excused.detail
    assert result("kept", recorded, recording(turn(kept=~many), environment=ELSEWHERE)).outcome == "differs"


def masks(layers: int, swapped: Sequence[int], kept: int = 100) -> tuple[Any, Any]:
    """Return kept masks of one head per layer, and the same where some layers kept one other token."""
    many = numpy.zeros((layers, 1, 2 * kept), dtype=bool)
    many[:, :, :kept] = True
    other = many.copy()
    other[swapped, 0, kept - 1], other[swapped, 0, kept] = False, True
    return many, other


@pytest.mark.parametrize(
    ("layers", "swapped", "kept", "outcome"),
    [
        pytest.param(30, [4], 100, "moved", id="one token of one layer"),
        pytest.param(30, range(30), 100, "differs", id="one token of every layer, too much together"),
        pytest.param(100, [4], 10, "differs", id="one token of ten in one layer, too much there"),
    ],
)
def test_the_overlap_must_be_high_enough_on_average_and_in_every_layer(
    layers: int, swapped: Sequence[int], kept: int, outcome: str
) -> None:
    recorded, now = masks(layers, list(swapped), kept)
    sides = recording(turn(kept=recorded)), recording(turn(kept=now), environment=ELSEWHERE)
    assert result("kept", *sides).outcome == outcome


def test_entries_kept_beyond_the_recorded_ones_lower_the_overlap_in_every_environment() -> None:
    recorded, _ = masks(2, [])
    more = recorded | True
    for old, new in ((recorded, more), (more, recorded)):
        outcome = result("kept", recording(turn(kept=old)), recording(turn(kept=new), environment=ELSEWHERE))
        assert outcome.outcome == "differs"
        assert "overlap 50.00%" in outcome.detail


@pytest.mark.parametrize("name", ["weights", "pytest-kvguard"])
def test_other_weights_and_another_version_of_the_package_excuse_nothing(name: str) -> None:
    now = recording(with_swap(0, 0, evicted=1, kept=3), environment={**HERE, name: "other"})
    assert "exactly the recorded entries" in compare(recording(), now).detail


def test_bytes_are_compared_in_todays_width() -> None:
    narrow = {**HERE, "dtype": "bfloat16"}
    assert result("size", recording(), recording(turn(cache_bytes=640), environment=narrow)).outcome == "same"
    difference = result("size", recording(), recording(turn(cache_bytes=1280), environment=narrow))
    assert difference.detail == "640 bytes (in the width of today's dtype) recorded, now 1280"


def test_a_size_that_is_no_longer_measured_differs() -> None:
    assert compare(recording(), recording(turn(entries=None))).detail == "20 entries recorded, no longer measured"


def reported(environment: dict[str, str] = HERE, **figures: float) -> Recording:
    named = {name.replace("_", " "): figure for name, figure in figures.items()}
    return recording(turn(reports={**REPORTS, **named}), environment=environment)


@pytest.mark.parametrize("name", REPORTS)
def test_every_reported_figure_must_be_the_recorded_one(name: str) -> None:
    difference = compare(recording(), reported(**{name: REPORTS[name] * 1.0001}))
    assert (difference.level, difference.where) == ("reports", "talk")
    assert difference.detail.startswith(f"{name} {REPORTS[name]:.6g} recorded, now")


@pytest.mark.parametrize("figure", [float("nan"), float("inf")])
def test_a_figure_that_is_not_finite_differs_in_every_environment(figure: float) -> None:
    for environment in (HERE, ELSEWHERE):
        now = reported(environment, error_of_quantized_keys=figure)
        assert result("reports", recording(), now).outcome == "differs"


def test_another_environment_excuses_figures_that_other_entries_or_codes_move_a_little() -> None:
    moved = reported(ELSEWHERE, keep_rate_of_hours=0.69, error_of_quantized_keys=0.083)
    assert result("reports", recording(), moved).outcome == "moved"
    assert result("reports", recording(), reported(ELSEWHERE, keep_rate_of_hours=0.6)).outcome == "differs"
    assert result("reports", recording(), reported(ELSEWHERE, bytes_before=2049)).outcome == "differs"


def test_the_bytes_before_compression_are_compared_in_todays_width() -> None:
    narrow = {**HERE, "dtype": "bfloat16"}
    assert result("reports", recording(), reported(narrow, bytes_before=1024)).outcome == "same"
    assert result("reports", recording(), reported(narrow)).outcome == "differs"


def test_a_figure_that_only_one_side_reports_differs() -> None:
    fewer = recording(turn(reports={name: REPORTS[name] for name in REPORTS if name != "achieved ratio"}))
    assert compare(recording(), fewer).detail == "achieved ratio 0.375 recorded, no longer reported"
    assert compare(fewer, recording()).detail == "achieved ratio was not recorded, and is reported now"
    assert compare(recording(), recording(turn(reports={}))).level == "reports"


def test_a_golden_of_an_earlier_version_has_no_figures_to_compare() -> None:
    assert compare(recording(turn(reports={})), recording()) is None


def nudged(by: float) -> Recording:
    return recording(turn(logits=logits(((4, 3.0), (9, 2.9), (2, 1.0)), ((7, 5.0 + by), (4, 1.0), (3, 0.5)))))


def test_logits_may_differ_by_the_rounding_of_the_dtype() -> None:
    assert result("logits", recording(), nudged(1e-4)).outcome == "moved"
    difference = result("logits", recording(), nudged(0.1))
    assert (difference.outcome, difference.where) == ("differs", "talk, reply token 1")
    assert "a logit is off by 0.1 (allowed 0.001 for float32)" in difference.detail
    coarse = {**HERE, "dtype": "bfloat16"}
    now = recording(nudged(0.02).conversations["talk"][0], environment=coarse)
    assert result("logits", recording(), now).outcome == "moved"


@pytest.mark.parametrize(
    ("environment", "quantized", "outcome"),
    [(ELSEWHERE, True, "moved"), (ELSEWHERE, False, "differs"), (HERE, True, "differs")],
)
def test_a_number_may_be_quantized_to_another_code_in_another_environment_alone(
    environment: dict[str, str], quantized: bool, outcome: str
) -> None:
    off = logits(((4, 3.2), (9, 2.9), (2, 1.0)), ((7, 5.0), (4, 1.0), (3, 0.5)))
    now = replace(recording(turn(logits=off), environment=environment), quantized=quantized)
    assert result("logits", recording(), now).outcome == outcome


def test_logits_are_compared_up_to_the_first_other_token_and_no_further() -> None:
    after = logits(((4, 3.0), (9, 2.9), (2, 1.0)), ((1, 9.0), (2, 8.0), (5, 7.0)))
    now = recording(turn(token_ids=(9, 1), logits=after))
    assert result("logits", recording(), now).outcome == "same"
    assert compare(recording(), now).where == "talk, reply token 0"


def test_a_token_that_leaves_the_highest_logits_is_a_difference() -> None:
    now = recording(turn(logits=logits(((4, 3.0), (9, 2.9), (2, 1.0)), ((7, 5.0), (4, 1.0), (8, 0.9)))))
    difference = result("logits", recording(), now)
    assert difference.outcome == "differs"
    assert "a logit is off by 0.4" in difference.detail
    assert "2 of the 3 most likely tokens are still among them" in difference.detail


def test_the_logits_of_the_first_other_token_are_compared_too() -> None:
    off = logits(((9, 3.1), (4, 3.0), (2, 1.0)), ((1, 9.0), (2, 8.0), (5, 7.0)))
    outcome = result("logits", recording(), recording(turn(token_ids=(9, 1), logits=off)))
    assert (outcome.outcome, outcome.where) == ("differs", "talk, reply token 0")


def test_another_distribution_differs_though_every_logit_is_as_recorded() -> None:
    usual = turn().logits
    now = recording(turn(logits=replace(usual, log_sums=usual.log_sums + 0.5)))
    outcome = result("logits", recording(), now)
    assert outcome.outcome == "differs"
    assert "a logit is off by 0 " in outcome.detail


def test_another_logit_differs_though_its_token_is_too_unlikely_to_change_the_distribution() -> None:
    sides = [recording(turn(logits=logits(((4, 30.0), (9, 2.0)), ((7, 30.0), (4, low))))) for low in (1.0, 1.5)]
    outcome = result("logits", *sides)
    assert outcome.outcome == "differs"
    assert "a logit is off by 0.5" in outcome.detail


def test_logits_that_a_run_no_longer_reports_differ() -> None:
    assert result("logits", recording(), recording(turn(logits=None))).detail == "recorded, but this run reports none"


def test_another_token_is_reported_with_the_difference_of_the_recorded_logits() -> None:
    difference = compare(recording(), recording(turn(token_ids=(9, 7))), ["tokens"])
    assert (difference.where, difference.detail) == (
        "talk, reply token 0",
        "recorded id 4, now id 9; the recorded logits were 0.1 apart",
    )
    shorter = compare(recording(), recording(turn(token_ids=(4,))), ["tokens"])
    assert (shorter.where, shorter.detail) == ("talk, reply token 1", "recorded id 7, now the end")


def test_a_near_tie_may_go_the_other_way_in_another_environment() -> None:
    coarse = {**HERE, "dtype": "bfloat16"}
    now = recording(turn(token_ids=(9, 7)), environment=coarse)
    assert result("tokens", recording(), now).outcome == "moved"
    clear = recording(turn(token_ids=(2, 7)), environment=coarse)
    assert result("tokens", recording(), clear).outcome == "differs"


def test_a_near_tie_may_not_go_the_other_way_where_nothing_has_changed() -> None:
    tied = logits(((4, 3.0), (9, 2.9999), (2, 1.0)), ((7, 5.0), (4, 1.0), (3, 0.5)))
    recorded = recording(turn(logits=tied))
    now = turn(token_ids=(9, 7), logits=tied)
    assert result("tokens", recorded, recording(now)).outcome == "differs"
    assert result("tokens", recorded, recording(now, environment=ELSEWHERE)).outcome == "moved"


def test_every_verdict_must_be_the_recorded_one() -> None:
    difference = compare(recording(hours="HELD", tone="LOST"), recording(hours="LOST", secret="HELD"))
    assert (difference.where, difference.detail) == ("hours", "recorded HELD, now LOST; 3 verdicts differ")


def test_levels_that_have_nothing_to_compare_say_so() -> None:
    bare = Recording({"talk": (turn(kept=None, entries=None, cache_bytes=None, logits=None, reports={}),)})
    absent = {r.level for r in compare_levels(bare, bare).results if r.outcome == "absent"}
    assert absent == {"kept", "size", "reports", "logits", "verdicts"}
    assert compare(bare, bare) is None


def test_the_tolerance_is_that_of_the_coarser_dtype() -> None:
    assert tolerance_for("float32", "bfloat16").dtype == tolerance_for("bfloat16", "float32").dtype == "bfloat16"
    assert tolerance_for("", "float64") is BY_DTYPE[0]
    assert [each.logits for each in BY_DTYPE] == sorted(each.logits for each in BY_DTYPE)
