"""Ending a run over xdist's workers: the process with the terminal reports the reason, once."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

__all__ = ["RERUN", "end_run", "is_worker", "pass_on_end"]

KEY = "kvguard_end"

RERUN: Any = "rerun"
"""The outcome of an item that is rerun because its worker crashed, as pytest-rerunfailures names it."""


def is_worker(config: pytest.Config) -> bool:
    """Return whether this process is one of xdist's workers."""
    return hasattr(config, "workerinput")


def end_run(config: pytest.Config, message: str) -> NoReturn:
    """End the run with a usage error; a worker sends the message to the process with the terminal."""
    if is_worker(config):
        config.workeroutput[KEY] = message  # type: ignore[attr-defined]
    pytest.exit(message, returncode=pytest.ExitCode.USAGE_ERROR)


def pass_on_end(node: Any) -> None:
    """End the whole run if the worker that stopped sent a message."""
    message = getattr(node, "workeroutput", {}).get(KEY)
    if message:
        pytest.exit(message, returncode=pytest.ExitCode.USAGE_ERROR)
