"""The answers of an oracle: a violation, or that its promise does not concern the subject."""

from __future__ import annotations

import traceback
from dataclasses import dataclass

from pytest_kvguard.errors import KVGuardError

__all__ = ["NotApplicable", "Refused", "Violation", "refusal"]


class NotApplicable(KVGuardError):
    """The promise does not concern the subject; the message is the reason."""


class Refused(NotApplicable):
    """The policy says itself that it does not run on this model, or on a context of this length."""


THIRD_PARTIES = ("kvpress",)
"""Packages whose own checks are refusals: what they cannot compute is no fault of the code around them."""


def refusal(error: BaseException) -> str:
    """Return why a package refuses to compute, or an empty string for any other error."""
    cause = error if error.__cause__ is None else error.__cause__
    frames = [frame for frame, _ in traceback.walk_tb(cause.__traceback__)]
    package = str(frames[-1].f_globals.get("__name__", "")).partition(".")[0] if frames else ""
    if package not in THIRD_PARTIES or not isinstance(cause, AssertionError | ValueError):
        return ""
    return f"{package} refuses: {(str(cause).strip() or 'no message').splitlines()[0]}"


@dataclass(frozen=True)
class Violation:
    """A broken promise, with the first wrong number.

    Attributes:
        what: the quantity that was compared, e.g. ``attention output``.
        observed: the first wrong value.
        expected: what it should have been, with the allowed difference where there is one.
        where: the run that showed it, e.g. ``ratio 0.5, 96 tokens``.
        layer, head, position: coordinates of the wrong value; None where it has no such coordinate.
        oracle: the oracle's name; set by the table.
        crashed: the subject raised an exception instead of computing something wrong.
    """

    what: str
    observed: str
    expected: str
    where: str = ""
    layer: int | None = None
    head: int | None = None
    position: int | None = None
    oracle: str = ""
    crashed: bool = False

    @property
    def place(self) -> str:
        """The coordinates as text, e.g. ``layer 1, head 0, position 17``."""
        named = {"layer": self.layer, "head": self.head, "position": self.position}
        return ", ".join(f"{name} {value}" for name, value in named.items() if value is not None)

    def __str__(self) -> str:
        """Return the violation on one line."""
        if self.crashed:
            said = f"{self.what}: {self.observed}"
        else:
            said = f"{self.what} is {self.observed}, should be {self.expected}"
        place = f"at {self.place}: " if self.place else ""
        where = f" ({self.where})" if self.where else ""
        return f"{self.oracle}: {place}{said}{where}"
