"""Reports: results in, text out. ``register`` adds a kind."""

from __future__ import annotations

from pytest_kvguard.reports.kinds import register

__all__ = ["register"]
