"""Arrangements of a contract's instructions: Hypothesis strategies, and the search for the smallest failing one."""

from __future__ import annotations

from pytest_kvguard.orderings.arrangement import Arrangement, Inserted, arrange
from pytest_kvguard.orderings.strategies import orderings

__all__ = ["Arrangement", "Inserted", "arrange", "orderings"]
