"""Calls to functions of the user's project that judge a reply or a transcript."""

from __future__ import annotations

from collections.abc import Callable

from pytest_kvguard.errors import UsageError

__all__ = ["ask"]


def ask(who: str, function: Callable[..., object], *arguments: object) -> tuple[bool, str]:
    """Call a user's function and return (verdict, observation).

    Raises:
        UsageError: the function raises, or returns neither a bool nor such a pair. A function that lacks a ``return``
            must not count as a failed check.
    """
    try:
        answer = function(*arguments)
    except Exception as error:
        raise UsageError(
            f"{who} raised {type(error).__name__}: {error}. "
            "It must return True or False for any reply, a blank one included."
        ) from error
    if isinstance(answer, bool):
        return answer, f"{who} returned {answer}"
    if isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[0], bool):
        return answer[0], str(answer[1])
    raise UsageError(f"{who} returned {answer!r}. Return True or False, or (bool, 'observation').")
