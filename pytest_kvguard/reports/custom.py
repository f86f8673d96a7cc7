"""Reports of a project's own, by kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pytest_kvguard.errors import UsageError

__all__ = ["BUILT_IN", "REPORTS", "register"]

BUILT_IN = ("json", "html", "github")
REPORTS: dict[str, Callable[[Mapping[str, Any]], str]] = {}
"""Kind → run record, as ``report.schema.json`` describes it, to the file's text."""

Render = TypeVar("Render", bound=Callable[[Mapping[str, Any]], str])


def register(kind: str) -> Callable[[Render], Render]:
    """Make a function usable as ``--kv-report=KIND:PATH``, e.g. from a ``conftest.py``.

    The function takes the run's record, whose texts are masked already, and returns the file's text.

    Args:
        kind: letters, digits and underscores.

    Raises:
        UsageError: the kind is not one word, or a built-in one.
    """
    if kind in BUILT_IN or not kind.isidentifier():
        problem = "is a built-in kind" if kind in BUILT_IN else "is not one word of letters, digits and underscores"
        raise UsageError(f"a report cannot be registered as {kind!r}: that {problem}. Choose another name.")

    def remember(render: Render) -> Render:
        REPORTS[kind] = render
        return render

    return remember
