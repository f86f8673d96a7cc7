"""``--kv-report``: which files a run writes, checked before it starts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_kvguard.errors import suggest
from pytest_kvguard.reports.custom import BUILT_IN, REPORTS

__all__ = ["ReportRequest", "declare_reports", "read_reports", "require_writable"]

ALLOWED = "json:PATH, html:PATH, github or github:PATH"
OPTION, INI = "--kv-report", "kv_report"
HELP = "write a report: json:PATH, html:PATH, github or github:PATH; may be given several times"


@dataclass(frozen=True)
class ReportRequest:
    """One report to write.

    Attributes:
        kind: ``json``, ``html`` or ``github``.
        path: where to; None only for ``github``, which then appends to the runner's step summary.
    """

    kind: str
    path: Path | None


def declare_reports(group: Any, parser: Any) -> None:
    """Declare the option and its ini twin, a report per line."""
    group.addoption(OPTION, dest=INI, action="append", default=[], metavar="KIND:PATH", help=HELP)
    parser.addini(INI, f"{HELP} (same as {OPTION}, one per line)", type="linelist", default=[])


def read_reports(config: pytest.Config) -> tuple[ReportRequest, ...]:
    """Return the reports asked for; what is typed replaces what an ini file says.

    Raises:
        pytest.UsageError: an unknown kind, a missing path, or one path for two reports.
    """
    typed: list[str] = config.getoption(INI)
    base = config.invocation_params.dir if typed else config.rootpath
    requests = tuple(dict.fromkeys(_read(text.strip(), base) for text in typed or config.getini(INI) if text.strip()))
    paths = [request.path for request in requests if request.path]
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice:
        raise pytest.UsageError(f"{OPTION}: two reports would be written to {twice}. Give each a path of its own.")
    return requests


def _read(text: str, base: Path) -> ReportRequest:
    kind, _, path = text.partition(":")
    known = (*BUILT_IN, *REPORTS)
    if kind not in known:
        allowed = ", ".join((ALLOWED, *(f"{name}:PATH" for name in REPORTS)))
        raise pytest.UsageError(f"Unknown {OPTION}={text}.{suggest(kind, known)} Allowed: {allowed}.")
    if not path and kind != "github":
        raise pytest.UsageError(f"{OPTION}={text} names no file. Write {OPTION}={kind}:PATH.")
    return ReportRequest(kind, (base / Path(path).expanduser()).resolve() if path else None)


def require_writable(requests: tuple[ReportRequest, ...]) -> None:
    """Raise ``pytest.UsageError`` for a path that cannot be written, so that no run is spent on it."""
    for request in requests:
        path = request.path
        problem = _problem(path) if path else None
        if problem:
            raise pytest.UsageError(
                f"{OPTION}={request.kind}:{path} cannot be written: {problem}. Choose another path, or make this one "
                "writable."
            )


def _problem(path: Path) -> str | None:
    if path.is_dir():
        return "it is a folder"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        existed = path.exists()
        with path.open("ab"):
            pass
        if not existed:
            path.unlink()
    except OSError as error:
        return error.strerror or str(error)
    return None if os.access(path.parent, os.W_OK) or existed and not path.is_file() else "its folder is read-only"
