"""Recognition of files that we wrote, so that no option overwrites a file of somebody else."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.json_text import read_json
from pytest_kvguard.external.whole_file import require_room

__all__ = [
    "NOT_OURS",
    "SUMMARY_START",
    "HEAD_BYTES",
    "TOOL",
    "IsOurs",
    "html_mark",
    "is_own_html",
    "is_own_json",
    "is_own_plot",
    "is_own_summary",
    "may_replace",
    "open_to_append",
    "own_html",
    "own_json",
    "require_output",
    "starts_with",
    "tool_mark",
]

TOOL = "pytest-kvguard"
HTML_START = '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
"""The start of our pages, before the mark: the mark in a comment or in quoted text is somebody else's."""

SUMMARY_START = "### kvguard: "
"""The start of a step summary."""

RUN_KEYS = frozenset({"version", "complete", "run", "totals", "cases", "gates", "broken"})
"""What a JSON report holds besides its mark."""

HEAD_BYTES = 4096
"""Marks are within so many bytes from the start, so that a large file of somebody else is not read."""

PDF = b"%PDF-"
PLOT_MARKS = {
    b"\x89PNG\r\n\x1a\n": re.compile(rf"tEXtSoftware\0{TOOL}".encode()),
    b"<?xml": re.compile(rf"<dc:creator>\s*<cc:Agent>\s*<dc:title>{TOOL}</dc:title>".encode()),
    PDF: re.compile(rf"/Creator \({TOOL}\)\s*/Producer \(Matplotlib ".encode()),
}
"""The start of an image file → the mark in ours, with what matplotlib writes around it."""

NOT_OURS = "the file exists, and it is not what an earlier run of the same kind wrote"
IsOurs = Callable[[Path], bool]
"""Whether an existing file is output of the same kind as what will replace it."""


def tool_mark(command: str) -> dict[str, str]:
    """Return the value of ``tool`` in a JSON file, by which the next run recognises the file.

    Args:
        command: the command that writes the file.
    """
    try:
        release = version(TOOL)
    except PackageNotFoundError:
        release = "unknown"
    return {"name": TOOL, "version": release, "command": command}


def is_own_json(path: Path, command: str | None = None) -> bool:
    """Return whether a file is JSON that a command wrote; None stands for ``--kv-report``."""
    if f'"{TOOL}"'.encode() not in _head(path):
        return False
    try:
        document = read_json(path.read_bytes())
    except ValueError:
        return False
    tool = document.get("tool") if isinstance(document, dict) else None
    if not isinstance(tool, dict) or (tool.get("name"), tool.get("command")) != (TOOL, command):
        return False
    return isinstance(tool.get("version"), str) and (command is not None or document.keys() >= RUN_KEYS)


def own_json(command: str) -> IsOurs:
    """Return the recogniser of one command's JSON files."""
    return partial(is_own_json, command=command)


def html_mark(command: str = "") -> str:
    """Return the mark of an HTML report, or of the page that a command writes."""
    return f'<meta name="generator" content="{" ".join(filter(None, (TOOL, command)))}">'


def own_html(command: str) -> IsOurs:
    """Return the recogniser of one command's pages."""
    return starts_with(f"{HTML_START}{html_mark(command)}\n")


def is_own_html(path: Path) -> bool:
    """Return whether a file is an HTML report."""
    return own_html("")(path)


def is_own_plot(path: Path) -> bool:
    """Return whether a file is an image that one of our commands drew."""
    head = _head(path)
    start = next((start for start in PLOT_MARKS if head.startswith(start)), None)
    return start is not None and PLOT_MARKS[start].search(path.read_bytes() if start == PDF else head) is not None


def is_own_summary(path: Path) -> bool:
    """Return whether step summaries may be appended to a file: to one of ours, or to that of this GitHub runner."""
    runners = os.environ.get("GITHUB_STEP_SUMMARY")
    is_runners = bool(runners) and Path(runners or ".").resolve() == path.resolve()
    return is_runners or starts_with(SUMMARY_START)(path)


def starts_with(text: str) -> IsOurs:
    """Return the recogniser of files that start with a text."""
    return lambda path: _head(path).startswith(text.encode())


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def may_replace(path: Path, is_ours: IsOurs) -> bool:
    """Return whether a path is free, a device, an empty file, or a file of ours."""
    return not path.is_file() or not path.stat().st_size or is_ours(path)


def open_to_append(path: Path) -> int:
    """Return the descriptor of a file that is there, opened without waiting for a reader if it is a pipe."""
    return os.open(path, APPEND)


APPEND = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)
"""How a file is tried: without waiting, so that a pipe that nobody reads is an error."""


def require_output(option: str, path: Path, is_ours: IsOurs) -> None:
    """Raise ``UsageError`` for a file that cannot be written or is not ours, so that no work is spent on it.

    Args:
        option: the option as it was typed.
        path: the file; its folder is created.
        is_ours: whether an existing file may be replaced.
    """
    problem = _problem(path, is_ours)
    if problem:
        remedy = "move the file away" if problem == NOT_OURS else "make this one writable"
        raise UsageError(f"{option} cannot be written: {problem}. Choose another path, or {remedy}.")


def _problem(path: Path, is_ours: IsOurs) -> str | None:
    if path.is_dir():
        return "it is a folder"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not may_replace(path, is_ours):
            return NOT_OURS
        _try_to_open(path)
    except OSError as error:
        return error.strerror or str(error)
    is_device = path.exists() and not path.is_file()
    return None if is_device or os.access(path.parent, os.W_OK) else "its folder is read-only"


def _try_to_open(path: Path) -> None:
    """Open a file for writing and leave its content; a new one is not even created."""
    if path.exists():
        os.close(open_to_append(path))
    else:
        require_room(path)
