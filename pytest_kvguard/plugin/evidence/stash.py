"""Where fixtures and items leave what they have to tell of a test."""

from __future__ import annotations

import pytest

from pytest_kvguard.reports.report import Event

__all__ = ["events_key", "kinds_key"]

events_key = pytest.StashKey[list[Event]]()

kinds_key = pytest.StashKey[frozenset[str]]()
"""The kinds of events that some report of the run reads."""
