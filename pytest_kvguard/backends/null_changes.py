"""Harmless changes for the null arm: what they are called, and which one a backend is asked for."""

from __future__ import annotations

from pytest_kvguard.backends.protocol import Backend
from pytest_kvguard.errors import UsageError

__all__ = ["AUTO", "NULL_CHANGES", "OFF", "choose_null_change"]

AUTO, OFF = "auto", "off"
NULL_CHANGES = {
    "bfloat16": "the context's keys and values are rounded to bfloat16",
    "kernel": "another attention kernel runs",
    "batch": "every conversation is decoded in a batch of its own",
    "server": "another server runs, which differs harmlessly",
    "crowd": "a server is asked several conversations at once and may reuse what prompts have in common",
}


def choose_null_change(backend: Backend, wanted: str) -> str:
    """Return the change to ask a backend for; empty for none.

    Args:
        backend: what it can do stands in its ``null_changes``; one without them has no null arm.
        wanted: a change, ``auto`` for the one the backend prefers, or ``off``.

    Raises:
        UsageError: a change was named that the backend cannot make.
    """
    offered: tuple[str, ...] = tuple(getattr(backend, "null_changes", ()))
    if wanted == OFF:
        return ""
    if wanted == AUTO:
        return offered[0] if offered else ""
    if wanted in offered:
        return wanted
    can = f"It can run {', '.join(offered)}." if offered else "It has no null arm."
    raise UsageError(
        f"--kv-null={wanted} cannot be run: {backend.title} has no such harmless change. {can} "
        f"Use --kv-null={AUTO}, or --kv-null={OFF} to judge every reply by itself."
    )
