"""The shipped suite: ``pytest --pyargs pytest_kvguard.invariants --kv-policy=… --kv-attn=… --kv-model=…``."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["test_invariant"]


def test_invariant(kv_invariant: Callable[[], None]) -> None:
    """One invariant holds for one policy or kernel on one model."""
    kv_invariant()
