"""Harmless changes for the null arm: their names, and the choice of one for a backend."""

from __future__ import annotations

from pytest_kvguard.backends.protocol import Backend
from pytest_kvguard.errors import UsageError

__all__ = ["AUTO", "NULL_CHANGES", "OFF", "choose_null_change"]

AUTO, OFF = "auto", "off"
NULL_CHANGES = {
    "bfloat16": "the context's keys and values are rounded to bfloat16",
    "kernel": "another attention kernel runs",
    "batch": "every conversation is decoded in a batch of its own",
    "server": "a control server answers, which differs harmlessly from the baseline",
    "crowd": "a server is asked several conversations at once and may reuse shared prefixes",
}


def choose_null_change(backend: Backend, requested: str) -> str:
    """Return the harmless change to request from a backend; empty for none.

    Args:
        backend: lists the changes that it can run in ``null_changes``; one without them has no null arm.
        requested: a change, ``auto`` for the one that the backend prefers, or ``off``.

    Raises:
        UsageError: the backend cannot run the requested change.
    """
    offered: tuple[str, ...] = tuple(getattr(backend, "null_changes", ()))
    if requested == OFF:
        return ""
    if requested == AUTO:
        return offered[0] if offered else ""
    if requested in offered:
        return requested
    can = f"It can run {', '.join(offered)}." if offered else "It has no null arm."
    raise UsageError(
        f"--kv-null={requested} cannot be run: {backend.title} has no such harmless change. {can} "
        f"Use --kv-null={AUTO}, or --kv-null={OFF} to judge every reply by itself."
    )
