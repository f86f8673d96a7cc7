"""Which engine to start servers of."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from pytest_kvguard.backends.launch.table import ENGINES
from pytest_kvguard.errors import suggest
from pytest_kvguard.plugin.endpoint_options import read_number

__all__ = ["LAUNCH_VALUES", "LaunchOptions"]

START_SECONDS = 300
TIMEOUT = "kv_server_timeout"

LAUNCH_VALUES = (
    (("--kv-launch",), "kv_launch", "", "ENGINE", f"start both arms' servers: {' or '.join(ENGINES)}"),
    (("--kv-server-cache",), "kv_server_cache", "", "TYPES", "cache types to start them with, e.g. q8_0,q4_0"),
    (
        ("--kv-server-python",),
        "kv_server_python",
        "",
        "PATH",
        "the interpreter that has it (default: this one)",
    ),
    (("--kv-server-timeout",), TIMEOUT, str(START_SECONDS), "SECONDS", "how long servers may take to start"),
)
"""Option strings, ini name, default, metavar, help."""


@dataclass(frozen=True)
class LaunchOptions:
    """What to start; without an engine, nothing.

    Attributes:
        engine: one of ``ENGINES``, or empty.
        caches: the cache types of the compressed arms.
        python: the interpreter that has the engine.
        start_seconds: how long all may take to start.
    """

    engine: str = ""
    caches: tuple[str, ...] = ()
    python: str = sys.executable
    start_seconds: float = START_SECONDS

    @property
    def is_on(self) -> bool:
        """Whether servers are started."""
        return bool(self.engine)

    @classmethod
    def read(cls, value_of: Callable[[str], str]) -> LaunchOptions:
        """Return the options.

        Args:
            value_of: ini name → the typed or the ini value.

        Raises:
            pytest.UsageError: an engine that is not known, cache types without one, or no time to start.
        """
        engine, caches, python = map(value_of, ("kv_launch", "kv_server_cache", "kv_server_python"))
        if engine and engine not in ENGINES:
            raise pytest.UsageError(
                f"Unknown --kv-launch={engine}.{suggest(engine, ENGINES)} Allowed: {', '.join(ENGINES)}."
            )
        if caches and not engine:
            raise pytest.UsageError("--kv-server-cache starts nothing by itself. Name an engine: --kv-launch=ENGINE.")
        default = ENGINES[engine].compressed_cache if engine else ""
        requested = dict.fromkeys(word.strip() for word in (caches or default).split(",") if word.strip())
        return cls(engine, tuple(requested), python or sys.executable, read_number(value_of, TIMEOUT, 0.001))

    def rerun_words(self, policy: str) -> tuple[str, ...]:
        """Return the options that run a cell again, or several between commas."""
        if not self.is_on:
            return ()
        python = () if self.python == sys.executable else (f"--kv-server-python={self.python}",)
        longer = () if self.start_seconds == START_SECONDS else (f"--kv-server-timeout={self.start_seconds:g}",)
        return (f"--kv-launch={self.engine}", f"--kv-server-cache={policy}", *python, *longer)
