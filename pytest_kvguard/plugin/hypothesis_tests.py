"""Tests that Hypothesis draws arrangements for: no noise about time, the same draws every run, run ahead in batches."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_kvguard.orderings.arrangement import Arrangement

__all__ = ["make_steady", "upcoming_arrangements"]

# What @given leaves on the test function; Hypothesis has no public way to change a decorated test.
SEED, SETTINGS = "_hypothesis_internal_use_seed", "_hypothesis_internal_use_settings"


def _drawn_test(item: pytest.Item) -> Any:
    """Return the function of a test that uses ``kv_run`` and ``@given``, or None."""
    function = getattr(item, "obj", None)
    if "hypothesis" not in sys.modules or "kv_run" not in getattr(item, "fixturenames", ()):
        return None
    return function if getattr(function, "is_hypothesis_test", False) and hasattr(function, SETTINGS) else None


def make_steady(item: pytest.Item, seed: int, shrink: bool) -> None:
    """Seed a drawn test, and silence Hypothesis about models that take their time and fixtures that remember."""
    function = _drawn_test(item)
    if function is None:
        return
    from hypothesis import HealthCheck, Phase, settings

    function = getattr(function, "__func__", function)
    if getattr(function, SEED) is None:
        setattr(function, SEED, seed)
    written = getattr(function, SETTINGS)
    phases = [phase for phase in written.phases if shrink or phase is not Phase.shrink]
    quiet = settings(written, deadline=None, suppress_health_check=list(HealthCheck), phases=phases)
    setattr(function, SETTINGS, quiet)


def upcoming_arrangements(item: pytest.Item) -> tuple[Arrangement, ...]:
    """Return the arrangements that a test is about to draw, if arrangements are all it draws."""
    function = _drawn_test(item)
    strategies = getattr(getattr(function, "hypothesis", None), "_given_kwargs", {})
    if len(strategies) != 1:
        return ()
    from pytest_kvguard.orderings.arrangement import Arrangement
    from pytest_kvguard.orderings.strategies import draw_many

    drawn = draw_many(
        next(iter(strategies.values())), getattr(function, SETTINGS).max_examples, getattr(function, SEED)
    )
    return drawn if all(isinstance(value, Arrangement) for value in drawn) else ()
