"""Keys of what the plugin keeps in pytest's stash of a run or a test."""

from __future__ import annotations

import pytest

from pytest_kvguard.reports.report import Event

__all__ = ["events_key", "former_names_key", "kinds_key"]

former_names_key = pytest.StashKey[list[str]]()
"""Notices about options that the user gave a former name."""

events_key = pytest.StashKey[list[Event]]()
"""The events that fixtures of a test have recorded."""

kinds_key = pytest.StashKey[frozenset[str]]()
"""The kinds of events that some report of the run reads."""
