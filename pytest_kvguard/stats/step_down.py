"""Tests of many drops at once, which flip whole prompts: the step-down procedure of Westfall and Young."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import ceil

import numpy as np

from pytest_kvguard.stats.paired_tests import sign_flip_test
from pytest_kvguard.stats.pairs import Pairs

__all__ = ["FLIPS", "max_drop_tests"]

FLIPS = 20_000
"""All flips are listed up to this number, which 14 prompts have; of more prompts at least as many are drawn."""

CHUNK = 2_000

KEPT = 2_000_000
"""The most signs that are kept for the next cell with as many prompts."""

TIE = 1e-9

Rows = Sequence[Sequence[Pairs]]
"""The tests of one cell: per test, one table per prompt, in the same order of prompts."""


def max_drop_tests(
    cells: Sequence[Rows], margin: float, significance_level: float, other_cells: int = 0
) -> list[list[float | None]]:
    """Return adjusted p-values of drops above ``margin``; those at or under the significance level are rejected.

    The probability that any of the tests raises a false alarm is at most the significance level. Within a cell, a
    p-value is the share of flips under which *some* drop that is not rejected yet is as large as the observed one. A
    flip swaps both arms of whole prompts, in all tests of the cell at once, since under the null hypothesis the arms
    are exchangeable. So tests that fall together pay once, and tests in which nothing changes pay nothing. Cells share
    their uncompressed arm, which makes their joint flips unequal in chance; over cells, p-values are multiplied by the
    number of cells with a test that is not rejected yet.

    Source: Westfall and Young, Resampling-Based Multiple Testing (1993), algorithm 4.1 (maxT), on drops;
    Romano and Wolf, Exact and approximate stepdown methods for multiple hypothesis testing, JASA 100 (2005), for its
    validity; Holm's correction over cells. Flips that are drawn count the observed one, so that the p-value is valid:
    Phipson and Smyth, Permutation p-values should never be zero, SAGMB 9 (2010). Differs: none.

    Args:
        cells: the tests of each cell.
        margin: the allowed drop, 0..1.
        significance_level: the level, which decides how many flips are drawn.
        other_cells: number of further cells of the family, none of whose tests are rejected.

    Returns:
        By cell, one p-value per test; None without checks.
    """
    flips = max(FLIPS, ceil(2 * (len(cells) + other_cells) / significance_level))
    steps = [_steps(rows, margin, flips) for rows in cells]
    adjusted: list[list[float | None]] = [[None] * len(rows) for rows in cells]
    running = 0.0
    while waiting := [index for index, of_cell in enumerate(steps) if of_cell]:
        cell = min(waiting, key=lambda index: steps[index][0][1])
        test, p_value = steps[cell].pop(0)
        running = max(running, min(1.0, (len(waiting) + other_cells) * p_value))
        adjusted[cell][test] = running
    return adjusted


def _steps(rows: Rows, margin: float, flips: int) -> list[tuple[int, float]]:
    """Return (test, p-value) of a cell's tests with checks, from the largest drop to the smallest."""
    tested = [index for index, row in enumerate(rows) if any(pairs.checks for pairs in row)]
    if len(tested) == 1:
        # Flips of a single test need not be drawn: they can be counted.
        p_value = sign_flip_test(rows[tested[0]], margin)
        return [(tested[0], 1.0 if p_value is None else p_value)]
    if not tested:
        return []
    values = np.array([_shares(rows[index], margin) for index in tested]).T
    order = np.argsort(-values.sum(axis=0), kind="stable")
    return [(tested[index], p) for index, p in zip(order.tolist(), _p_values(values[:, order], flips), strict=True)]


def _shares(row: Sequence[Pairs], margin: float) -> list[float]:
    """Return what each prompt adds to the drop above the margin; whether it is flipped changes only the sign."""
    checks = sum(pairs.checks for pairs in row)
    return [(pairs.lost - pairs.gained - margin * pairs.checks) / checks for pairs in row]


def _p_values(values: np.ndarray, flips: int) -> list[float]:
    """Return for each column the share of flips under which it, or a later one, has at least its observed sum."""
    values = values[(values != 0).any(axis=1)]
    observed = values.sum(axis=0)
    drawn, reached = 0, np.zeros(len(observed))
    for signs in _signs(len(values), flips):
        largest = np.maximum.accumulate((signs @ values)[:, ::-1], axis=1)[:, ::-1]
        reached += (largest >= observed - TIE).sum(axis=0)
        drawn += len(signs)
    # Listed flips have the observed signs among them; to drawn ones they are added.
    added = not _are_listed(len(values), flips)
    p_values: list[float] = ((reached + added) / (drawn + added)).tolist()
    return p_values


def _are_listed(prompts: int, flips: int) -> bool:
    return bool(2**prompts <= flips)


def _signs(prompts: int, flips: int) -> Iterator[np.ndarray]:
    """Yield (flips, prompts) arrays of signs: every order of signs once, or ``flips`` - 1 that are drawn."""
    if prompts * flips <= KEPT:
        yield _kept_signs(prompts, flips)
    else:
        yield from _new_signs(prompts, flips)


@lru_cache(maxsize=8)
def _kept_signs(prompts: int, flips: int) -> np.ndarray:
    return np.concatenate(list(_new_signs(prompts, flips)))


def _new_signs(prompts: int, flips: int) -> Iterator[np.ndarray]:
    is_listed = _are_listed(prompts, flips)
    number = 2**prompts if is_listed else flips - 1
    generator = np.random.default_rng(0)
    for start in range(0, number, CHUNK):
        size = min(CHUNK, number - start)
        if is_listed:
            bits = np.arange(start, start + size)[:, None] >> np.arange(prompts) & 1
        else:
            bits = generator.integers(0, 2, (size, prompts))
        yield 1.0 - 2.0 * bits
