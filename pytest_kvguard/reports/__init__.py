"""Reports: results in, text out. ``register`` adds a kind."""

from __future__ import annotations

from pytest_kvguard.reports.custom import register

__all__ = ["register"]
