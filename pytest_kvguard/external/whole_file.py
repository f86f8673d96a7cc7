"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_hex

__all__ = ["replace_file"]


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
    partial = path.with_name(f".{scratch}.{token_hex(8)}.part")
    try:
        with open(partial, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
