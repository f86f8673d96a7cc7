"""The Pareto-efficient points."""

from __future__ import annotations

from pytest_kvguard.values.frontier import Costs, FrontierPoint, efficient_points


def point(ratio: str, held: int, cache: float | None, time: float | None = None, errors: int = 0) -> FrontierPoint:
    breaches = ("lost",) if held < 10 else ()
    costs = Costs(cache, 1.0, time, time)
    return FrontierPoint("snapkv", ratio, held, 10 - held - errors, 0, 0, errors, 5, 0, breaches, costs=costs)


def efficient(*points: FrontierPoint) -> list[str]:
    return sorted(ratio for _, ratio in efficient_points(points))


def test_what_holds_less_in_as_much_memory_is_beaten() -> None:
    assert efficient(point("a", 10, 0.5), point("b", 9, 0.5), point("c", 8, 0.4)) == ["a", "c"]


def test_equals_do_not_beat_each_other() -> None:
    assert efficient(point("a", 10, 0.5), point("b", 10, 0.5)) == ["a", "b"]


def test_time_counts_where_it_differs_by_more_than_it_scatters() -> None:
    assert efficient(point("a", 10, 0.5, 1.01), point("b", 10, 0.5, 1.03), point("c", 10, 0.5, 1.4)) == ["a", "b"]
    assert efficient(point("a", 10, 0.5, 1.0), point("b", 10, 0.6, 0.5)) == ["a", "b"]


def test_what_could_not_run_is_never_efficient() -> None:
    assert efficient(point("a", 9, 0.5, errors=1), point("b", 9, None)) == []
    assert point("a", 9, 0.5).quality == 0.9
    assert not point("a", 9, 0.5).is_safe
