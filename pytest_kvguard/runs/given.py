"""The option values that a user gave, to pytest, a command or a notebook."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kvguard_policies.exact_numbers import read_fraction
from pytest_kvguard.errors import UsageError, suggest
from pytest_kvguard.runs.options import option_named

__all__ = ["GivenOptions", "shown", "whole_number"]

MOST = 10**9
"""The largest value of an option that counts something."""

MOST_DIGITS = 18
MOST_CHARACTERS = 200


@dataclass(frozen=True)
class GivenOptions:
    """The texts of options: a typed value wins over the ini file, and the ini file over the default.

    Attributes:
        typed: option name → the texts typed for it, in order; a flag that is set has no text.
        configured: option name → the texts of the ini file.
        typed_folder, configured_folder: the folders that relative paths start from, if typed and if from an ini file.
    """

    typed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    configured: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    typed_folder: Path = Path()
    configured_folder: Path = Path()

    @classmethod
    def of(cls, values: Mapping[str, object]) -> GivenOptions:
        """Return arguments of a call as typed options.

        Args:
            values: option name → a value, a list of them, True for a flag; None, False and an empty list are left out.
        """
        typed = {}
        for name, value in values.items():
            texts = value if isinstance(value, list | tuple) else [value]
            if texts and texts[0] is not None and texts[0] is not False:
                typed[name] = tuple(map(str, texts))
        return cls(typed)

    def is_typed(self, name: str) -> bool:
        """Return whether an option was typed."""
        return name in self.typed

    def is_on(self, name: str) -> bool:
        """Return whether a flag is set."""
        return name in self.typed or self.configured.get(name, ("",))[-1].lower() in ("1", "true", "yes", "on")

    def every(self, name: str) -> tuple[str, ...]:
        """Return every value of an option that may be given several times."""
        return self.typed.get(name) or self.configured.get(name, ())

    def one(self, name: str) -> str:
        """Return an option's last value, or its default."""
        values = self.every(name)
        return values[-1] if values else str(option_named(name).default)

    def path(self, name: str, text: str | None = None) -> Path | None:
        """Return the path that an option names; None if it is empty.

        Raises:
            UsageError: no file can have such a path.
        """
        written = self.one(name) if text is None else text
        folder = self.typed_folder if self.is_typed(name) else self.configured_folder
        if not written:
            return None
        try:
            path = folder / Path(written).expanduser()
            path.stat()
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            pass
        except (OSError, RuntimeError, ValueError) as error:  # too long, of an unknown user, or with a NUL
            why = getattr(error, "strerror", None) or error
            raise UsageError(
                f"{option_named(name).string}={shown(written)} is not a path: {why}. Write the path of a file or "
                "folder."
            ) from None
        return path

    def choice(self, name: str, allowed: Collection[str]) -> str:
        """Return an option's value, which must be one of those allowed.

        Raises:
            UsageError: it is not.
        """
        text = self.one(name)
        self.require_known(name, text, allowed)
        return text

    def require_known(self, name: str, text: str, allowed: Collection[str]) -> None:
        """Raise ``UsageError`` unless a text is one of those allowed."""
        if text not in allowed:
            near = suggest(shown(text), allowed)
            raise UsageError(f"Unknown {option_named(name).string}={shown(text)}.{near} Allowed: {', '.join(allowed)}.")

    def count(self, name: str, least: int = 1) -> int:
        """Return an option's value as a whole number.

        Raises:
            UsageError: it is not a whole number, or too small or too large.
        """
        text = self.one(name)
        value = whole_number(text) if text.isdecimal() else None
        if value is not None and least <= value <= MOST:
            return value
        allowed = f"from {least} to {MOST:,}" if text.isdecimal() and text.strip("0") else f"of {least} or more"
        raise UsageError(f"{option_named(name).string}={shown(text)} is not a whole number {allowed}.")

    def number(self, name: str, least: float, most: float = math.inf) -> float:
        """Return an option's value as a number.

        Raises:
            UsageError: it is not a number, or out of range.
        """
        text = self.one(name)
        value = _finite(text)
        if value is None or not least <= value <= most:
            is_open = most == math.inf or most >= 1000 and (value is None or value < least)
            allowed = f"a number of {least:g} or more" if is_open else f"a number from {least:g} to {most:,g}"
            raise UsageError(f"{option_named(name).string}={shown(text)} is not {allowed}.")
        return value


def whole_number(text: str) -> int | None:
    """Return a whole number, or None; Python itself refuses to read a number of thousands of digits."""
    try:
        return int(text) if len(text.strip()) <= MOST_DIGITS else None
    except ValueError:
        return None


def shown(text: str) -> str:
    """Return what a message quotes of an option's text: its beginning, if it is long."""
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"


def _finite(text: str) -> float | None:
    try:
        value = float(read_fraction(text)) if "/" in text else float(text)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return value if math.isfinite(value) else None
