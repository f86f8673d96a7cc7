"""The files that reports are written to, whole or not at all."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Target", "write_whole"]


@dataclass(frozen=True)
class Target:
    """A file that a report is written to."""

    path: Path

    def replace(self, text: str) -> None:
        """Write the whole file."""
        write_whole(self.path, text)

    def append(self, text: str) -> None:
        """Append to the file."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text)


def write_whole(path: Path, text: str) -> None:
    """Write a file under a temporary name beside it, then rename it; a device is written to directly."""
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
