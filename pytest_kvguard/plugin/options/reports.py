"""``--kv-report``: the reports that a run writes, checked before it starts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pytest_kvguard.errors import UsageError, suggest
from pytest_kvguard.reports.kinds import allowed_kinds, needs_path, recogniser, report_kinds
from pytest_kvguard.reports.ownership import require_output
from pytest_kvguard.runs.given import GivenOptions, shown

__all__ = ["ReportRequest", "read_reports", "require_writable"]

OPTION, NAME = "--kv-report", "kv_report"
SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"


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
        near = suggest(shown(kind), report_kinds())
        raise UsageError(f"Unknown {OPTION}={shown(text)}.{near} Allowed: {', '.join(allowed_kinds())}.")
    if not written and needs_path(kind):
        raise UsageError(f"{OPTION}={shown(text)} names no file. Write {OPTION}={kind}:PATH.")
    path = given.path(NAME, written)
    # The name of a pipe behind /dev/stdout can be opened only by its link.
    is_file = path is not None and (path.is_file() or not path.exists())
    return ReportRequest(kind, path.resolve() if path and is_file else path)


def require_writable(requests: tuple[ReportRequest, ...]) -> None:
    """Raise ``UsageError`` if a report's path cannot be written or holds another file, before the run spends time."""
    for request in requests:
        if request.path:
            require_output(f"{OPTION}={request.kind}:{request.path}", request.path, recogniser(request.kind))
        elif summary := os.environ.get(SUMMARY_VARIABLE):
            option = f"{OPTION}={request.kind} ({SUMMARY_VARIABLE}={summary})"
            require_output(option, Path(summary), recogniser(request.kind))
