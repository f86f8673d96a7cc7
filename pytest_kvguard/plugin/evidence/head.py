"""The head of a run's reports: options, versions, times, and whether the run is complete."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from time import monotonic
from typing import Any

import pytest
from _pytest.pathlib import bestrelpath

from pytest_kvguard.backends.code_digest import engine_digest, policy_digest
from pytest_kvguard.backends.machine import cpu_name
from pytest_kvguard.plugin.options.plugin_options import PluginOptions
from pytest_kvguard.runs.options import OPTIONS
from pytest_kvguard.values.cell import Cell

__all__ = ["RunHead", "run_head"]

LIBRARIES = ("pytest", "torch", "transformers", "tokenizers")
DIGEST_LETTERS = 16
FINISHED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


@dataclass
class RunHead:
    """Describes a run and keeps track of the tests that have finished.

    Attributes:
        options: the options that reports record.
        started: the date and time of the start.
        clock: the start in seconds of a clock that never jumps.
        finished: ids of the tests that have finished.
    """

    options: dict[str, Any]
    started: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    clock: float = field(default_factory=monotonic)
    finished: set[str] = field(default_factory=set)

    def note(self, report: pytest.TestReport) -> None:
        """Note whether the report of one phase ends its test."""
        if report.when == "teardown":
            self.finished.add(report.nodeid)

    def record(self, session: pytest.Session, exitstatus: int, title: str) -> dict[str, Any]:
        """Return the head in the format of ``report.schema.json``."""
        return {
            "tool": {"name": "pytest-kvguard", "version": _version("pytest-kvguard")},
            "complete": exitstatus in FINISHED and len(self.finished) == session.testscollected,
            "exit_status": int(exitstatus),
            "collected": session.testscollected,
            "finished": len(self.finished),
            "run": {"title": title, **self.options},
            "environment": {
                "python": platform.python_version(),
                "platform": platform.platform(),
                "cpu": cpu_name(),
                "code": engine_digest()[:DIGEST_LETTERS],
                **{name: _version(name) for name in LIBRARIES},
            },
            "timing": {
                "started": self.started.isoformat(timespec="seconds"),
                "seconds": round(monotonic() - self.clock, 2),
            },
        }


def run_head(config: pytest.Config, options: PluginOptions) -> RunHead:
    """Return the head of a run that starts now."""
    run = options.run
    expect = ",".join(sorted(run.expected))
    values = {**vars(options), **vars(run), **vars(run.model), "model": run.model.name, "expect": expect}
    return RunHead(
        {
            **{option.key: values[option.key] for option in OPTIONS if option.is_recorded},
            "gate": {"typed": vars(run.typed_gate), "ini": vars(run.configured_gate)},
            "ifeval": _ifeval(config, options),
            "judge_model": run.judge.model,
            "cells": [{**cell.record, "label": cell.label, "code": _code(cell)} for cell in run.cells],
        }
    )


def _code(cell: Cell) -> str | None:
    """Return a digest of the users' code that a policy runs; empty where there is none, None where it is missing."""
    digest = "" if cell.policy is None else policy_digest(cell.policy)
    return digest and digest[:DIGEST_LETTERS]


def _ifeval(config: pytest.Config, options: PluginOptions) -> dict[str, Any] | None:
    if options.ifeval is None:
        return None
    values = {name: value for name, value in vars(options.ifeval).items() if name != "path"}
    return {"file": bestrelpath(config.rootpath, options.ifeval.path), **values}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
