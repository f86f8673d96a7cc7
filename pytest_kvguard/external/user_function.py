"""Calls to functions of the user's project that judge a reply or a transcript."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence

from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.time_limit import PASSED_ON, call_here_in_time

__all__ = ["LIMIT_SECONDS", "ask", "takes_a_second", "turns_asked_for"]

LIMIT_SECONDS = 60.0
"""The time limit of one call, long enough for a function that asks a server."""


def _parameters(function: Callable[..., object]) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # some functions of extension modules have no signature
        return {}


def turns_asked_for(function: Callable[..., object], turns: Sequence[str], given: int) -> dict[str, object]:
    """Return what a function asks for by the names of its parameters.

    Args:
        function: a function that judges a reply.
        turns: the user's turns; ``turn`` is the last of them, an empty text if none is known.
        given: how many arguments it gets by position; the first parameters are theirs, whatever they are called.
    """
    known: dict[str, object] = {"turn": turns[-1] if turns else "", "turns": tuple(turns)}
    named = dict(list(_parameters(function).items())[given:])
    fitting = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {name: value for name, value in known.items() if name in named and named[name].kind in fitting}


def takes_a_second(function: Callable[..., object]) -> bool:
    """Return whether a function needs a second argument that it does not call ``turn`` or ``turns``.

    A second parameter with a default is the function's own affair: ``strict=False`` must not become the user's turn.
    """
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [
        p for p in _parameters(function).values() if p.kind in positional and p.default is inspect.Parameter.empty
    ]
    named = [p for p in needed if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD and p.name in ("turn", "turns")]
    return len(needed) - len(named) > 1


def ask(
    who: str, function: Callable[..., object], *arguments: object, seconds: float = LIMIT_SECONDS
) -> tuple[bool, str]:
    """Call a user's function and return (verdict, observation).

    Args:
        who: the function, for messages.
        function: called with the arguments.
        arguments: what it judges.
        seconds: the time limit.

    Raises:
        UsageError: the function raises, does not end in time, or returns neither a bool nor such a pair. A function
            that lacks a ``return`` must not count as a failed check.
    """
    try:
        answer, error = call_here_in_time(lambda: _outcome(function, arguments), seconds)
    except TimeoutError:
        raise UsageError(
            f"{who} did not return within {seconds:g} s, so the reply cannot be judged. Look for a loop in it, or for "
            "a wait without a time limit."
        ) from None
    if error is not None:
        raise UsageError(
            f"{who} raised {type(error).__name__}: {error}. "
            "It must return True or False for any reply, a blank one included."
        ) from error
    if isinstance(answer, bool):
        return answer, f"{who} returned {answer}"
    if isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[0], bool):
        return answer[0], str(answer[1])
    raise UsageError(f"{who} returned {answer!r}. Return True or False, or (bool, 'observation').")


def _outcome(function: Callable[..., object], arguments: tuple[object, ...]) -> tuple[object, BaseException | None]:
    """Return what a function returns, or its exception: only the time limit and Ctrl-C raise.

    ``pytest.skip`` or ``sys.exit`` in it would take its check out of the run without a verdict.
    """
    try:
        return function(*arguments), None
    except PASSED_ON:
        raise
    except BaseException as error:  # noqa: BLE001 - reported by the caller
        return None, error
