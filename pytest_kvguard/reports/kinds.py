"""Every kind of report that ``--kv-report`` writes; ``register`` adds to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar, cast

from pytest_kvguard.errors import UsageError
from pytest_kvguard.reports.ownership import IsOurs, is_own_html, is_own_json, is_own_summary
from pytest_kvguard.reports.report import Report
from pytest_kvguard.reports.target import RecordedTarget, is_recorded

__all__ = ["allowed_kinds", "make_report", "needs_path", "recogniser", "register", "report_kinds"]

Render = Callable[[Mapping[str, Any]], str]
Rendering = TypeVar("Rendering", bound=Render)


@dataclass(frozen=True)
class Kind:
    """One kind of report.

    Attributes:
        make: ``module:name`` of a function or class that takes a path or None and returns the report; imported on use.
        is_ours: whether an existing file is an earlier report of the kind.
        needs_path: whether the option must name a file.
    """

    make: str
    is_ours: IsOurs
    needs_path: bool = True


_BUILT_IN = {
    "json": Kind("pytest_kvguard.reports.json_report:json_report", is_own_json),
    "html": Kind("pytest_kvguard.reports.html.page:html_report", is_own_html),
    "github": Kind("pytest_kvguard.reports.github:GithubReport", is_own_summary, needs_path=False),
}
_REGISTERED: dict[str, Render] = {}


def report_kinds() -> tuple[str, ...]:
    """Return the names of all kinds, the built-in ones first."""
    return (*_BUILT_IN, *_REGISTERED)


def needs_path(kind: str) -> bool:
    """Return whether the option must name a file for a kind."""
    return kind not in _BUILT_IN or _BUILT_IN[kind].needs_path


def recogniser(kind: str) -> IsOurs:
    """Return the function that tells whether an existing file is an earlier report of a kind."""
    return _BUILT_IN[kind].is_ours if kind in _BUILT_IN else partial(is_recorded, kind=kind)


def allowed_kinds() -> tuple[str, ...]:
    """Return every spelling of ``--kv-report``."""
    spellings = [(f"{kind}:PATH",) if needs_path(kind) else (f"{kind} or {kind}:PATH",) for kind in report_kinds()]
    return tuple(spelling for forms in spellings for spelling in forms)


def make_report(kind: str, path: Path | None) -> Report:
    """Return a new report of a kind.

    Args:
        kind: one of ``report_kinds``.
        path: the file; None only for a kind that needs none.
    """
    if kind in _REGISTERED:
        from pytest_kvguard.reports.run_record import RecordReport

        assert path is not None
        return RecordReport(kind, RecordedTarget(path, recogniser(kind), kind), _REGISTERED[kind])
    module, _, name = _BUILT_IN[kind].make.partition(":")
    return cast(Report, getattr(import_module(module), name)(path))


def register(kind: str) -> Callable[[Rendering], Rendering]:
    """Register a function as ``--kv-report=KIND:PATH``, e.g. from a ``conftest.py``.

    The function takes the run's record, in which secrets are masked, and returns the file's text.

    Args:
        kind: letters, digits and underscores.

    Raises:
        UsageError: the kind is not one word, or a built-in one.
    """
    if kind in _BUILT_IN or not kind.isidentifier():
        problem = "is a built-in kind" if kind in _BUILT_IN else "is not one word of letters, digits and underscores"
        raise UsageError(f"a report cannot be registered as {kind!r}: that {problem}. Choose another name.")

    def remember(render: Rendering) -> Rendering:
        _REGISTERED[kind] = render
        return render

    return remember
