"""Looks before the end: when, and what they may spend."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.stats.sequential import Look, plan_looks


@pytest.mark.parametrize(
    ("prompts", "looks"), [(1, [1]), (9, [9]), (15, [8, 15]), (33, [9, 17, 33]), (100, [25, 50, 100])]
)
def test_a_look_waits_until_it_could_reject_something(prompts: int, looks: list[int]) -> None:
    assert [look.prompts for look in plan_looks(prompts, 0.05)] == looks


def test_what_interim_looks_spend_is_missing_at_the_last() -> None:
    assert plan_looks(100, 0.05) == (
        Look(25, pytest.approx(0.005)),
        Look(50, pytest.approx(0.005)),
        Look(100, pytest.approx(0.04), last=True),
    )


@given(st.integers(1, 500), st.floats(0.001, 0.5))
def test_all_looks_together_spend_the_level_and_the_last_one_sees_everything(prompts: int, level: float) -> None:
    looks = plan_looks(prompts, level)
    assert sum(look.significance_level for look in looks) == pytest.approx(level)
    assert [look.last for look in looks] == [False] * (len(looks) - 1) + [True]
    assert looks[-1].prompts == prompts
    assert sorted({look.prompts for look in looks}) == [look.prompts for look in looks]
