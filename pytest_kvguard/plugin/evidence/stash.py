"""Where fixtures and items leave what they have to tell of a test."""

from __future__ import annotations

import pytest

from pytest_kvguard.reports.report import Event

__all__ = ["events_key"]

events_key = pytest.StashKey[list[Event]]()
