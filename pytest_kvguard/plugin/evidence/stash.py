"""Where the plugin keeps what belongs to a run or a test, under pytest's stash."""

from __future__ import annotations

import pytest

from pytest_kvguard.reports.report import Event

__all__ = ["events_key", "former_names_key", "kinds_key"]

former_names_key = pytest.StashKey[list[str]]()
"""Lines about options that the user calls by a former name."""

events_key = pytest.StashKey[list[Event]]()

kinds_key = pytest.StashKey[frozenset[str]]()
"""The kinds of events that some report of the run reads."""
