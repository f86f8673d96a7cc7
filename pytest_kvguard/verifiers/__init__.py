"""Rules over one reply; ``table`` lists them, one file holds one family."""

from __future__ import annotations

from pytest_kvguard.verifiers.table import floor, names, register, verify

__all__ = ["floor", "names", "register", "verify"]
