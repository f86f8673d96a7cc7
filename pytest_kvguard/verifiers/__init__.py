"""Rules that check one reply: one family per file, listed in ``table``."""

from __future__ import annotations

from pytest_kvguard.verifiers.table import junk_floor, names, register, verify

__all__ = ["junk_floor", "names", "register", "verify"]
