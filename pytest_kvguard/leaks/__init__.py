"""Detectors of secrets in replies; ``table`` lists them, one file holds one detector."""

from __future__ import annotations

from pytest_kvguard.leaks.table import detect

__all__ = ["detect"]
