"""Hooks that conftest files and other plugins can implement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_kvguard.backends.protocol import Backend

__all__ = ["pytest_kvguard_backend"]


@pytest.hookspec(firstresult=True)
def pytest_kvguard_backend(config: pytest.Config) -> Backend | None:
    """Return the backend that runs conversations, or None for the in-process engine.

    Called once, when the first conversation is needed. A test of your own contracts can return
    ``pytest_kvguard.backends.scripted.Scripted`` here and needs no model.
    """
