"""Names of the models that come from the package index. Imports nothing heavy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache

__all__ = ["DEFAULT_MODEL", "FORMER_NAME", "STOCK_MODEL", "current_name"]

DEFAULT_MODEL = "smolguard"
"""SmolLM2-135M-Instruct with the adapter that ships in this package."""

STOCK_MODEL = "smollm2"
"""SmolLM2-135M-Instruct as it is published."""

FORMER_NAME = "probe"
"""What ``DEFAULT_MODEL`` was called before."""


@cache
def _print_once(line: str) -> None:
    print(line, file=sys.stderr)


def current_name(name: str, tell: Callable[[str], None] = _print_once) -> str:
    """Return the name that a model has today.

    Args:
        name: a model as the user named it.
        tell: told the line to show where the name is a former one; without it, the line is printed once per process.
    """
    if name != FORMER_NAME:
        return name
    tell(f"kvguard: the model `{FORMER_NAME}` is called `{DEFAULT_MODEL}` now")
    return DEFAULT_MODEL
