"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

__all__ = ["create_file", "replace_file", "require_room"]


def replace_file(
    path: Path, content: bytes, scratch: str = "kvguard", mode: int = 0o666, durable: bool = False
) -> None:
    """Write a file under another name beside it, then rename it; on an error the former file stays.

    Args:
        path: the file; its folder exists.
        content: its new content.
        scratch: the other name is ``.SCRATCH.RANDOM.part``.
        mode: the permissions of a new file, before the umask.
        durable: flush the content to disk before the name changes.

    Raises:
        OSError: the file cannot be written.
    """
    partial = _scratch_name(path, scratch)
    try:
        with open(partial, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def create_file(path: Path, content: bytes) -> None:
    """Write a new file whole, and never over one that is there.

    Raises:
        FileExistsError: there is such a file.
        OSError: the file cannot be written.
    """
    partial = _scratch_name(path)
    try:
        with partial.open("xb") as file:
            file.write(content)
        try:
            path.hardlink_to(partial)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links: a killed process may leave a part there
            with path.open("xb") as file:
                file.write(content)
    finally:
        partial.unlink(missing_ok=True)


def require_room(path: Path) -> None:
    """Raise ``OSError`` unless a new file of this name can be written; none is left, even if the process is killed."""
    with suppress(FileNotFoundError):
        path.lstat()  # a name that is too long, or not allowed here, is another error
    partial = _scratch_name(path)
    try:
        partial.open("xb").close()
    finally:
        partial.unlink(missing_ok=True)


def _scratch_name(path: Path, scratch: str = "kvguard") -> Path:
    return path.with_name(f".{scratch}.{token_hex(8)}.part")
