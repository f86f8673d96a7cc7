"""Which engine to start servers of."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from pytest_kvguard.errors import suggest

__all__ = ["LAUNCH_VALUES", "LaunchOptions"]

CACHES = {"llama.cpp": "q8_0", "vllm": "fp8"}
"""Every engine that can be started, and what its cache is unless said; no engine is imported for it."""

LAUNCH_VALUES = (
    (("--kv-launch",), "kv_launch", "", "ENGINE", f"start both arms' servers: {' or '.join(CACHES)}"),
    (("--kv-server-cache",), "kv_server_cache", "", "TYPES", "cache types to start them with, e.g. q8_0,q4_0"),
    (
        ("--kv-server-python",),
        "kv_server_python",
        "",
        "PATH",
        "the interpreter that has it (default: this one)",
    ),
)
"""Option strings, ini name, default, metavar, help."""


@dataclass(frozen=True)
class LaunchOptions:
    """What to start; without an engine, nothing.

    Attributes:
        engine: one of ``CACHES``, or empty.
        caches: the cache types of the compressed arms.
        python: the interpreter that has the engine.
    """

    engine: str = ""
    caches: tuple[str, ...] = ()
    python: str = sys.executable

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
            pytest.UsageError: an engine that is not known, or cache types without one.
        """
        engine, caches, python = (value_of(ini) for _, ini, *_ in LAUNCH_VALUES)
        if engine and engine not in CACHES:
            raise pytest.UsageError(
                f"Unknown --kv-launch={engine}.{suggest(engine, CACHES)} Allowed: {', '.join(CACHES)}."
            )
        if caches and not engine:
            raise pytest.UsageError("--kv-server-cache starts nothing by itself. Name an engine: --kv-launch=ENGINE.")
        wanted = dict.fromkeys(word.strip() for word in (caches or CACHES.get(engine, "")).split(",") if word.strip())
        return cls(engine, tuple(wanted), python or sys.executable)

    def rerun_words(self, policy: str) -> tuple[str, ...]:
        """Return the options that run a cell again, or several between commas."""
        if not self.is_on:
            return ()
        python = () if self.python == sys.executable else (f"--kv-server-python={self.python}",)
        return (f"--kv-launch={self.engine}", f"--kv-server-cache={policy}", *python)
