"""Where judge checks are asked, by option, environment or ini file."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from pytest_kvguard.external.http_exchange import without_password

__all__ = ["JudgeOptions"]

VARIABLES = {"kv_judge": "KVGUARD_JUDGE_URL", "kv_judge_model": "KVGUARD_JUDGE_MODEL"}


@dataclass(frozen=True)
class JudgeOptions:
    """Where judge checks are asked; an empty URL = nowhere. The key comes from the environment alone."""

    url: str = ""
    model: str = ""
    timeout_seconds: float = 30.0

    @classmethod
    def read(cls, value_of: Callable[[str], str], typed: frozenset[str]) -> JudgeOptions:
        """Return the options; what is typed wins over the environment, that over the ini file.

        Args:
            value_of: ini name → the typed or the ini value.
            typed: ini names of what was typed.

        Raises:
            pytest.UsageError: the time-out is no number above 0.
        """
        url, model = (
            value_of(name) if name in typed else os.environ.get(variable) or value_of(name)
            for name, variable in VARIABLES.items()
        )
        timeout = value_of("kv_judge_timeout")
        try:
            seconds = float(timeout)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < math.inf:
            raise pytest.UsageError(f"--kv-judge-timeout={timeout} is not a number of seconds above 0.")
        return cls(url, model, seconds)

    def rerun_words(self, typed: frozenset[str]) -> tuple[str, ...]:
        """Return the options that were typed, for rerun commands; ``typed`` are option names without ``kv_``."""
        values = {
            "judge": without_password(self.url),
            "judge_model": self.model,
            "judge_timeout": f"{self.timeout_seconds:g}",
        }
        return tuple(f"--kv-{name.replace('_', '-')}={value}" for name, value in values.items() if name in typed)
