"""The files that reports are written to, whole or not at all."""

from __future__ import annotations

import errno
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pytest_kvguard.external.whole_file import replace_file
from pytest_kvguard.reports.ownership import NOT_OURS, IsOurs, may_replace, open_to_append, own_json, tool_mark

__all__ = ["RecordedTarget", "Target", "is_recorded", "write_whole"]


@dataclass(frozen=True)
class Target:
    """A file that a report is written to.

    Attributes:
        path: the file.
        is_ours: whether an existing file may be replaced.
    """

    path: Path
    is_ours: IsOurs

    def replace(self, text: str) -> None:
        """Write the whole file.

        Raises:
            FileExistsError: somebody else has written the file since the run started.
        """
        if not may_replace(self.path, self.is_ours):
            raise FileExistsError(errno.EEXIST, NOT_OURS, str(self.path))
        write_whole(self.path, text)

    def append(self, text: str) -> None:
        """Append to the file.

        Raises:
            FileExistsError: somebody else has written the file since the run started.
        """
        if not may_replace(self.path, self.is_ours):
            raise FileExistsError(errno.EEXIST, NOT_OURS, str(self.path))
        # A pipe is opened without waiting for a reader.
        opener = (lambda name, _: open_to_append(Path(name))) if self.path.exists() else None
        with open(self.path, "a", encoding="utf-8", opener=opener) as file:
            file.write(text)


@dataclass(frozen=True)
class RecordedTarget(Target):
    """A file in any format: its digest is recorded in a hidden file beside it, because no mark fits into every format.

    Attributes:
        kind: the kind of report.
    """

    kind: str

    def replace(self, text: str) -> None:
        """See ``Target``."""
        if not self.path.exists() or self.path.is_file():
            # The record comes first and allows both contents, because the process may be killed in between.
            digests = [sha256(text.encode()).hexdigest()]
            if self.path.exists() and is_recorded(self.path, self.kind):
                digests.append(_digest(self.path))
            record = {"tool": tool_mark(self.kind), "sha256": digests}
            Target(_record_path(self.path), own_json(self.kind)).replace(json.dumps(record) + "\n")
        super().replace(text)


def is_recorded(path: Path, kind: str) -> bool:
    """Return whether a file is as a run wrote it as a report of a kind."""
    record = _record_path(path)
    if not record.is_file() or not own_json(kind)(record):
        return False
    return _digest(path) in json.loads(record.read_bytes()).get("sha256", ())


def _record_path(path: Path) -> Path:
    return path.with_name(f".{path.name}.kvguard")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return sha256(file.read()).hexdigest()


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file under a temporary name beside it, then rename it; a device is written to directly."""
    raw = content.encode() if isinstance(content, str) else content
    if path.exists() and not path.is_file():
        path.write_bytes(raw)
        return
    replace_file(path.resolve(), raw)  # what a link leads to is replaced, not the link
