"""The smallest drop that prompts could have shown."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_kvguard.stats.paired_tests import sign_flip_test
from pytest_kvguard.stats.pairs import Pairs
from pytest_kvguard.stats.resolution import smallest_shown_drop


@pytest.mark.parametrize(("prompts", "level"), [(0, 0.05), (1, 0.05), (4, 0.05), (9, 0.001)])
def test_too_few_prompts_show_no_drop_at_all(prompts: int, level: float) -> None:
    assert smallest_shown_drop(prompts, level) is None


@pytest.mark.parametrize(("prompts", "margin"), [(9, 0.0), (20, 0.0), (20, 0.1), (60, 0.25)])
def test_a_drop_of_this_size_is_shown_four_times_in_five(prompts: int, margin: float) -> None:
    drop = smallest_shown_drop(prompts, 0.05, margin)
    assert drop is not None
    lost = np.random.default_rng(3).binomial(prompts, drop, 1000)
    tables = {n: [Pairs(lost=2)] * n + [Pairs(both=2)] * (prompts - n) for n in set(lost.tolist())}
    shown = {n: (sign_flip_test(table, margin) or 0.0) <= 0.05 for n, table in tables.items()}
    assert np.mean([shown[n] for n in lost.tolist()]) == pytest.approx(0.8, abs=0.05)


def test_more_prompts_show_smaller_drops_and_a_margin_larger_ones() -> None:
    few, many, beyond = (smallest_shown_drop(n, 0.01, margin) for n, margin in ((9, 0.0), (100, 0.0), (100, 0.1)))
    assert few is not None and many is not None and beyond is not None
    assert many < beyond < few
