"""The writer of the commands' output files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pytest_kvguard.errors import UsageError
from pytest_kvguard.reports.ownership import own_json, require_output, tool_mark
from pytest_kvguard.reports.target import write_whole

__all__ = ["require_json_output", "write_json", "write_output"]


def require_json_output(command: str, path: Path | None) -> None:
    """Check ``--json`` before work.

    Args:
        command: the command.
        path: the file; None if the option was not given.

    Raises:
        UsageError: the file cannot be written, or it exists and the command did not write it.
    """
    if path is not None:
        require_output(f"--json={path}", path, own_json(command))


def write_json(command: str, path: Path, document: Mapping[str, object]) -> None:
    """Write a document with the mark by which the command recognises the file.

    Raises:
        UsageError: the file cannot be written.
    """
    write_output(path, json.dumps({"tool": tool_mark(command), **document}, indent=2) + "\n")


def write_output(path: Path, content: str | bytes) -> None:
    """Write a file, and its folder if that does not exist.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}. Choose another path.") from error
