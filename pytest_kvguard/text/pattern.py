"""Regular expressions that are compiled when they are first used, since most runs use few of them."""

from __future__ import annotations

from typing import Any

import regex

__all__ = ["Pattern"]


class Pattern:
    """A regular expression of ``regex``, with all attributes of a compiled one.

    Args:
        pattern: the expression.
        flags: those of ``regex.compile``.
    """

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern = pattern
        self._given = flags

    def __getattr__(self, name: str) -> Any:
        """Compile the expression, and return an attribute of the result, which further accesses find at once."""
        if name.startswith("__"):
            raise AttributeError(name)
        if "_compiled" not in self.__dict__:
            self._compiled = regex.compile(self.pattern, self._given)
        value = getattr(self._compiled, name)
        setattr(self, name, value)
        return value
