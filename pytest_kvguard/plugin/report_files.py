"""Writes the reports that were asked for: each for itself, whole or not at all."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from _pytest.pathlib import bestrelpath

from pytest_kvguard.plugin.report_requests import ReportRequest, require_writable
from pytest_kvguard.plugin.session import KVSession
from pytest_kvguard.plugin.workers import RERUN, is_worker
from pytest_kvguard.reports.run_record import RunRecord

__all__ = ["ReportFiles", "start_reports", "write_whole"]

LIBRARIES = ("pytest", "torch", "transformers")
FINISHED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


def start_reports(kv: KVSession) -> None:
    """Check the paths, and have the reports written by the process with the terminal, unless nothing is to run."""
    if is_worker(kv.config) or kv.config.getoption("collectonly", False):
        return
    require_writable(kv.options.reports)
    kv.config.pluginmanager.register(ReportFiles(kv), "kvguard-reports")


class ReportFiles:
    """A plugin of the process that has the terminal: collects records, and writes them when the session ends.

    An interrupted session ends, too: what had finished by then is written and marked as incomplete.
    """

    def __init__(self, kv: KVSession) -> None:
        self.kv = kv
        self.run = RunRecord()
        self._finished: set[str] = set()
        self._started = datetime.now(timezone.utc), monotonic()
        self._said: list[str] = []
        self._failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the records off a report, from this process or a worker."""
        from pytest_kvguard.plugin.report_records import collect_records

        if report.outcome == RERUN:
            self.run.forget(report.nodeid)
        collect_records(report, self.run)
        if report.when == "teardown":
            self._finished.add(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write every file; one that cannot be written takes nothing else with it."""
        self.run.head = self._head(session, exitstatus)
        document = self.run.document()
        for request in self.kv.options.reports:
            self._write(request, document)
        if self._failed and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what was written, and what could not be."""
        for line in self._said:
            terminalreporter.write_line(line)

    def _write(self, request: ReportRequest, document: dict[str, Any]) -> None:
        try:
            write = WRITERS.get(request.kind) or partial(_write_custom, request.kind)
            self._said += write(request.path, document, self.kv.config)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one report, the others and the run stand
            self._failed = True
            where = request.path or "the step summary"
            reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
            line = f"kvguard: the {request.kind} report could not be written to {where}: {reason}."
            self._said.append(f"{line} Make room there, or choose another path, and run again.")
            if not self.kv.config.pluginmanager.hasplugin("terminalreporter"):
                print(self._said[-1], file=sys.stderr)

    def _head(self, session: pytest.Session, exitstatus: int) -> dict[str, Any]:
        options, (started, clock) = self.kv.options, self._started
        return {
            "tool": {"name": "pytest-kvguard", "version": _version("pytest-kvguard")},
            "complete": exitstatus in FINISHED and len(self._finished) == session.testscollected,
            "exit_status": int(exitstatus),
            "collected": session.testscollected,
            "finished": len(self._finished),
            "run": {
                "title": self.run.title,
                "scope": options.scope,
                "model": options.model,
                "device": options.device,
                "dtype": options.dtype,
                "seed": options.seed,
                "strict": options.strict,
                "null": options.null,
                "trust_remote_code": options.trust_remote_code,
                "no_shrink": options.no_shrink,
                "gate": {"typed": vars(options.typed_gate), "ini": vars(options.ini_gate)},
                "ifeval": self._ifeval(),
                "judge_model": options.judge.model,
                "cells": [vars(point) for point in options.points],
            },
            "environment": {
                "python": platform.python_version(),
                "platform": platform.platform(),
                **{name: _version(name) for name in LIBRARIES},
            },
            "timing": {
                "started": started.isoformat(timespec="seconds"),
                "seconds": round(monotonic() - clock, 2),
            },
        }

    def _ifeval(self) -> dict[str, Any] | None:
        ifeval = self.kv.options.ifeval
        if ifeval is None:
            return None
        values = {name: value for name, value in vars(ifeval).items() if name != "path"}
        return {"file": bestrelpath(self.kv.config.rootpath, ifeval.path), **values}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _write_json(path: Path | None, document: dict[str, Any], config: pytest.Config) -> list[str]:
    from pytest_kvguard.reports.json_report import render_json

    return _write_file("JSON", path, render_json(document))


def _write_html(path: Path | None, document: dict[str, Any], config: pytest.Config) -> list[str]:
    from pytest_kvguard.reports.html.page import render_html

    return _write_file("HTML", path, render_html(document))


def _write_github(path: Path | None, document: dict[str, Any], config: pytest.Config) -> list[str]:
    """Append to the step summary, and return the annotations: a runner reads them off the log."""
    from pytest_kvguard.reports.github import error_annotations, step_summary

    target = path or os.environ.get("GITHUB_STEP_SUMMARY")
    if target is None:
        return ["kvguard: no GitHub report: GITHUB_STEP_SUMMARY is not set, so this is no GitHub runner"]
    with Path(target).open("a", encoding="utf-8") as file:
        file.write(step_summary(document))
    root = Path(os.environ.get("GITHUB_WORKSPACE") or config.rootpath)
    folder = os.path.relpath(config.rootpath, root)
    return [f"kvguard: GitHub summary appended to {target}", *error_annotations(document, folder)]


def _write_custom(kind: str, path: Path | None, document: dict[str, Any], config: pytest.Config) -> list[str]:
    from pytest_kvguard.reports.custom import REPORTS

    return _write_file(kind, path, REPORTS[kind](document))


def _write_file(kind: str, path: Path | None, text: str) -> list[str]:
    assert path is not None
    write_whole(path, text)
    return [f"kvguard: {kind} report written to {path}"]


def write_whole(path: Path, text: str) -> None:
    """Write a file under another name beside it, then give it its name; a device is written to as it is."""
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


WRITERS: dict[str, Callable[[Path | None, dict[str, Any], pytest.Config], list[str]]] = {
    "json": _write_json,
    "html": _write_html,
    "github": _write_github,
}
