"""Runs spread over xdist's workers: what concerns the whole run is said once, by the process with the terminal."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

__all__ = ["RERUN", "end_run", "is_worker", "pass_on_end"]

KEY = "kvguard_end"

RERUN: Any = "rerun"
"""The outcome of an item whose worker died, and which runs once more; the word is that of pytest-rerunfailures."""


def is_worker(config: pytest.Config) -> bool:
    """Return whether this process is one of xdist's workers."""
    return hasattr(config, "workerinput")


def end_run(config: pytest.Config, message: str) -> NoReturn:
    """End the run with a usage error; in a worker, the process with the terminal says so."""
    if is_worker(config):
        config.workeroutput[KEY] = message  # type: ignore[attr-defined]
    pytest.exit(message, returncode=pytest.ExitCode.USAGE_ERROR)


def pass_on_end(node: Any) -> None:
    """End the whole run if a worker that went down said so."""
    message = getattr(node, "workeroutput", {}).get(KEY)
    if message:
        pytest.exit(message, returncode=pytest.ExitCode.USAGE_ERROR)
