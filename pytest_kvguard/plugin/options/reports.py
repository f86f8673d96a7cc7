"""``--kv-report``: the reports that a run writes, checked before it starts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pytest_kvguard.errors import UsageError, suggest
from pytest_kvguard.reports.kinds import allowed_kinds, needs_path, report_kinds
from pytest_kvguard.runs.given import GivenOptions

__all__ = ["ReportRequest", "read_reports", "require_writable"]

OPTION, NAME = "--kv-report", "kv_report"


@dataclass(frozen=True)
class ReportRequest:
    """One report to write.

    Attributes:
        kind: one of ``report_kinds``.
        path: the file to write; None for a kind that needs none.
    """

    kind: str
    path: Path | None


def read_reports(given: GivenOptions) -> tuple[ReportRequest, ...]:
    """Return the requested reports; those typed replace those of the ini file.

    Raises:
        UsageError: a kind is unknown, a path is missing, or two reports have the same path.
    """
    requests = tuple(dict.fromkeys(_read(text.strip(), given) for text in given.every(NAME) if text.strip()))
    paths = [request.path for request in requests if request.path]
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice:
        raise UsageError(f"{OPTION}: two reports would be written to {twice}. Give each its own path.")
    return requests


def _read(text: str, given: GivenOptions) -> ReportRequest:
    kind, _, written = text.partition(":")
    if kind not in report_kinds():
        raise UsageError(
            f"Unknown {OPTION}={text}.{suggest(kind, report_kinds())} Allowed: {', '.join(allowed_kinds())}."
        )
    if not written and needs_path(kind):
        raise UsageError(f"{OPTION}={text} names no file. Write {OPTION}={kind}:PATH.")
    path = given.path(NAME, written)
    return ReportRequest(kind, path.resolve() if path else None)


WRITES = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
"""How a path is tried: without waiting, so that a pipe that nobody reads is an error."""


def require_writable(requests: tuple[ReportRequest, ...]) -> None:
    """Raise ``UsageError`` if a report's path cannot be written, before the run spends time."""
    for request in requests:
        problem = _problem(request.path) if request.path else None
        if problem:
            raise UsageError(
                f"{OPTION}={request.kind}:{request.path} cannot be written: {problem}. Choose another path, or make "
                "this one writable."
            )


def _problem(path: Path) -> str | None:
    if path.is_dir():
        return "it is a folder"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        existed = path.exists()
        os.close(os.open(path, WRITES, 0o666))
        if not existed:
            path.unlink()
    except OSError as error:
        return error.strerror or str(error)
    return None if os.access(path.parent, os.W_OK) or existed and not path.is_file() else "its folder is read-only"
