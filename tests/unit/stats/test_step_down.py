"""Step-down tests that flip whole prompts: exact values by hand, and their place beside Holm's correction."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.stats.paired_tests import sign_flip_test
from pytest_kvguard.stats.pairs import Pairs
from pytest_kvguard.stats.step_down import FLIPS, max_drop_tests

LOST, HELD, GAINED = Pairs(lost=2), Pairs(both=2), Pairs(gained=2)
ROW = st.lists(st.sampled_from([LOST, HELD, GAINED, Pairs(both=1, lost=1)]), min_size=5, max_size=5)


def adjusted(*rows: list[Pairs], margin: float = 0.0) -> list[float | None]:
    return max_drop_tests([rows], margin, 0.05)[0]


def test_tests_in_which_nothing_changes_cost_nothing() -> None:
    assert adjusted([LOST] * 5, *[[HELD] * 5] * 20) == [2**-5, *[1.0] * 20]


def test_tests_that_fall_together_pay_once() -> None:
    assert adjusted(*[[LOST] * 5] * 20) == [2**-5] * 20


def test_one_test_is_the_sign_flip_test() -> None:
    row = [LOST] * 6 + [GAINED] * 2 + [HELD] * 30
    assert adjusted(row, margin=0.1) == [sign_flip_test(row, 0.1)]


@given(st.lists(ROW, min_size=2, max_size=4))
def test_p_values_are_shares_of_all_flips_of_whole_prompts(rows: list[list[Pairs]]) -> None:
    drops = np.array([[(pairs.lost - pairs.gained) / 10 for pairs in row] for row in rows])
    flips = np.array(list(product((1, -1), repeat=5)))
    waiting, running = set(range(len(rows))), 0.0
    expected = dict.fromkeys(waiting, 1.0)
    while waiting:
        best = max(sorted(waiting), key=lambda index: drops[index].sum())
        largest = (flips @ drops[sorted(waiting)].T).max(axis=1)
        running = max(running, float((largest >= drops[best].sum() - 1e-9).mean()))
        expected[best] = running
        waiting.remove(best)
    assert adjusted(*rows) == pytest.approx(list(expected.values()))


def test_cells_multiply_and_rejected_ones_no_longer() -> None:
    clear, doubtful = [LOST] * 9, [LOST] * 6 + [HELD] * 3
    assert max_drop_tests([[clear], [doubtful]], 0, 0.05) == [[2 * 2**-9], [2**-6]]
    assert max_drop_tests([[clear], [doubtful]], 0, 0.05, other_cells=1) == [[3 * 2**-9], [2 * 2**-6]]


def test_drawn_flips_count_the_observed_one_and_are_the_same_every_time() -> None:
    rows = [[LOST] * 40, [HELD] * 20 + [GAINED] * 20]
    assert adjusted(*rows)[0] == 1 / FLIPS
    assert adjusted(*rows) == adjusted(*rows)


def test_drawn_flips_come_near_to_counted_ones() -> None:
    row = [LOST] * 14 + [GAINED] * 6 + [HELD] * 40
    assert adjusted(row, [HELD] * 60)[0] == pytest.approx(sign_flip_test(row), abs=0.004)


def test_enough_flips_are_drawn_for_a_small_significance_level() -> None:
    level = 0.0001 / 10
    p_value = max_drop_tests([[[LOST] * 20, [HELD] * 20]], 0.1, level)[0][0]
    assert p_value is not None and p_value <= level


def test_what_was_not_checked_has_no_p_value_and_takes_no_part() -> None:
    assert adjusted([LOST] * 5, [Pairs()] * 5) == [2**-5, None]
    assert max_drop_tests([[[Pairs()]], []], 0, 0.05) == [[None], []]


def test_no_discordant_pair_gives_no_evidence() -> None:
    assert adjusted([HELD] * 9, [HELD] * 9) == [1.0, 1.0]


def test_a_prompt_that_lacks_one_instruction_is_flipped_for_the_others() -> None:
    assert adjusted([LOST] * 4 + [Pairs()], [LOST] * 5) == pytest.approx([2**-4, 2**-4])
