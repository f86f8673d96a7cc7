"""Checks of both arms, counted in pairs."""

from __future__ import annotations

from pytest_kvguard.stats.pairs import Pairs


def test_pairs_are_counted_by_what_became_of_them() -> None:
    held = [(True, True), (True, False), (True, False), (False, True), (False, False)]
    pairs = Pairs.count(held)
    assert pairs == Pairs(both=1, lost=2, gained=1, neither=1)
    assert (pairs.checks, pairs.uncompressed, pairs.compressed, pairs.drop) == (5, 3, 2, 0.2)


def test_tables_add_up() -> None:
    assert Pairs.total([Pairs(1, 2, 3, 4), Pairs(4, 3, 2, 1)]) == Pairs(5, 5, 5, 5)
    assert Pairs.total([]) == Pairs()


def test_no_checks_have_no_drop_rather_than_none_at_all() -> None:
    assert Pairs().drop is None
    assert Pairs.count([]).drop is None
    assert Pairs(both=3).drop == 0.0
