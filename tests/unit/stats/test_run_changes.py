"""Two runs are worse or better only if a test over prompts shows it, and what could have been shown is said."""

from __future__ import annotations

import pytest

from pytest_kvguard.stats.pairs import Pairs
from pytest_kvguard.stats.run_changes import Direction, judge_changes, overall

LOST, GAINED, KEPT = Pairs(lost=1), Pairs(gained=1), Pairs(both=1)


@pytest.mark.parametrize(
    ("prompts", "direction"),
    [
        ([LOST] * 6, Direction.WORSE),
        ([LOST] * 5, Direction.NOT_SHOWN),
        ([GAINED] * 6 + [KEPT] * 50, Direction.BETTER),
        ([LOST] * 9 + [GAINED] * 9, Direction.NOT_SHOWN),
        ([KEPT] * 100, Direction.NOT_SHOWN),
        ([Pairs(lost=40)], Direction.NOT_SHOWN),
        ([], Direction.NOT_SHOWN),
    ],
)
def test_a_difference_needs_prompts_not_checks(prompts: list[Pairs], direction: Direction) -> None:
    assert judge_changes({"cell": prompts})["cell"].direction is direction


def test_the_smallest_difference_is_the_least_that_the_same_prompts_would_have_shown() -> None:
    change = judge_changes({"cell": [Pairs(both=2)] * 20})["cell"]
    assert (change.needed, change.smallest) == (6, 6 / 40)
    shown = [Pairs(both=1, lost=1)] * 6 + [Pairs(both=2)] * 14
    assert judge_changes({"cell": shown})["cell"].direction is Direction.WORSE
    assert judge_changes({"cell": shown[1:] + [Pairs(both=2)]})["cell"].direction is Direction.NOT_SHOWN


def test_too_few_prompts_can_show_no_difference_at_all() -> None:
    assert judge_changes({"cell": [Pairs(lost=9)] * 5})["cell"].smallest is None


def test_more_parts_need_more_evidence_but_only_if_they_changed() -> None:
    alone = judge_changes({"a": [LOST] * 6, "b": [KEPT] * 6})
    beside = judge_changes({"a": [LOST] * 6, "b": [LOST, GAINED, LOST]})
    assert (alone["a"].direction, beside["a"].direction) == (Direction.WORSE, Direction.NOT_SHOWN)
    assert alone["a"].needed == beside["a"].needed == 6


def test_a_gain_elsewhere_does_not_make_up_for_a_loss() -> None:
    changes = judge_changes({"a": [LOST] * 20, "b": [GAINED] * 40})
    assert overall(changes) is Direction.WORSE
    assert overall({"b": changes["b"]}) is Direction.BETTER
    assert overall({}) is Direction.NOT_SHOWN


def test_the_change_is_after_minus_before_with_its_interval() -> None:
    change = judge_changes({"cell": [LOST] * 10 + [KEPT] * 30})["cell"]
    assert change.size == -0.25
    assert change.interval is not None and change.interval[0] < -0.25 < change.interval[1] < 0
