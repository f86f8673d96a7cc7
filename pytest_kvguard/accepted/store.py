"""The file of accepted losses on disk, changed by one process at a time and replaced whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from filelock import Timeout

from pytest_kvguard.accepted.entry import Document
from pytest_kvguard.accepted.file_format import HEAD, document_text, read_accepted
from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.file_lock import lock_of
from pytest_kvguard.external.whole_file import replace_file

__all__ = ["change_file"]

LOCK_SECONDS = 60


def change_file(path: Path, change: Callable[[Document], Document]) -> bool:
    """Read the file, change what it holds, and replace it as a whole; return whether it was written.

    Under a lock, so that two runs that end together lose nothing. A file of another kind is never overwritten, since
    reading it fails. Nothing is written where nothing changes, nor where there was no file and is no loss.

    Raises:
        UsageError: the file is of another kind or wrong, in use, or cannot be written; it is unchanged.
    """
    try:
        with lock_of(path, "accepted", LOCK_SECONDS):
            before = read_accepted(path) if path.exists() else Document()
            after = change(before)
            if after == before or not (path.exists() or any(after.cells.values())):
                return False
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, document_text(after).encode(), scratch=path.name, durable=True)
            _sweep(path)
            return True
    except Timeout as error:
        raise UsageError(
            f"{path} is in use: another process has held its lock for {LOCK_SECONDS} s. End the other run, and update "
            "again."
        ) from error
    except OSError as error:
        raise UsageError(
            f"{path} could not be written: {error.strerror or error}. It is unchanged. Make room there, or make the "
            "folder writable, and update again."
        ) from error


def _sweep(path: Path) -> None:
    """Delete what updates that were killed have left; no other one writes under the lock."""
    scratch = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{16}}\.part")
    for other in path.parent.iterdir():
        if scratch.fullmatch(other.name) and other.is_file() and not other.is_symlink():
            start = HEAD.encode()
            content = other.read_bytes()[: len(start)]
            if start.startswith(content):  # whole, or cut off, or empty
                other.unlink()
