"""Runs read from JSON reports of any format: one file, or a folder with the parts of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.json_text import read_json
from pytest_kvguard.external.regular_files import read_regular
from pytest_kvguard.reports.ownership import HEAD_BYTES, TOOL
from pytest_kvguard.serving_cost.report_files import read_document
from pytest_kvguard.serving_cost.report_shape import COMPARED_REPORT

__all__ = ["Run", "read_history", "read_run"]

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """One run, from one report or from several that each hold a part of it.

    Attributes:
        name: where it was read.
        documents: its reports.
    """

    name: str
    documents: tuple[Record, ...]

    @cached_property
    def cases(self) -> tuple[Record, ...]:
        """The cases of all reports, without those of searches, which were selected for their failure."""
        return tuple(case for case in self._all_cases if not _is_searched(case))

    @property
    def _all_cases(self) -> Iterator[Record]:
        return (case for document in self.documents for case in document["cases"])

    @property
    def searched(self) -> int:
        """Number of cases that are left out because a search found them."""
        return sum(map(_is_searched, self._all_cases))

    @property
    def started(self) -> str:
        """When the first part of it started."""
        return min(str(document["timing"]["started"]) for document in self.documents)

    @property
    def seconds(self) -> float:
        """How long all parts took together."""
        return sum(float(document["timing"]["seconds"]) for document in self.documents)

    @property
    def is_complete(self) -> bool:
        """Whether no part was stopped before its end."""
        return all(document["complete"] for document in self.documents)

    @property
    def broken(self) -> list[Record]:
        """The contracts that could not be read."""
        return [record for document in self.documents for record in document["broken"]]


def _is_searched(case: Record) -> bool:
    return case["order_index"] < 0 or case.get("arrangement") is not None


def read_run(path: Path) -> Run:
    """Return the run of a report, or of all reports in a folder.

    Raises:
        UsageError: a file is no report, is damaged, or has a format that this version does not read; or the folder
            holds no report.
    """
    return Run(str(path), tuple(read_document(file, COMPARED_REPORT) for file in _files(path)))


def read_history(folder: Path) -> list[Run]:
    """Return every report in a folder as a run of its own, the earliest first.

    Raises:
        UsageError: as ``read_run``; or the path is no folder.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder. Name one that holds what --kv-report=json:PATH wrote.")
    runs = [Run(str(file.relative_to(folder)), (read_document(file, COMPARED_REPORT),)) for file in _files(folder)]
    return sorted(runs, key=lambda run: (run.started, run.name))


def _files(path: Path) -> list[Path]:
    """Return the file itself, or what is a report in a folder; JSON of another origin there is left alone."""
    if not path.is_dir():
        return [path]
    found = [file for file in sorted(path.rglob("*.json")) if file.is_file() and _is_report(file)]
    if not found:
        raise UsageError(f"{path} holds no JSON report. Name a folder or file that --kv-report=json:PATH wrote to.")
    return found


def _is_report(file: Path) -> bool:
    """Return whether a file is a report, or the remains of one, which are an error and no part to leave out."""
    try:
        raw = read_regular(file)
        if f'"{TOOL}"'.encode() not in raw[:HEAD_BYTES]:
            return False
        document = read_json(raw)
    except (OSError, ValueError):
        return True
    tool = document.get("tool") if isinstance(document, dict) else None
    return isinstance(tool, dict) and tool.get("name") == TOOL and tool.get("command") is None
