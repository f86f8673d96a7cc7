"""Locks for files and folders that may be read-only or under version control: they lie in the temporary folder."""

from __future__ import annotations

import os
import tempfile
from hashlib import sha256
from pathlib import Path

from filelock import FileLock

__all__ = ["lock_of"]


def lock_of(path: Path, kind: str, seconds: float = -1) -> FileLock:
    """Return the lock of a file or folder, the same for every process of one user.

    Args:
        path: what is locked; need not exist.
        kind: what it is, for the lock's name.
        seconds: how long ``acquire`` waits unless it says so; below 0 without end.
    """
    name = sha256(str(path.resolve()).encode()).hexdigest()[:16]
    user = getattr(os, "getuid", lambda: 0)()
    return FileLock(Path(tempfile.gettempdir()) / f"kvguard-{kind}-{user}-{name}.lock", timeout=seconds)
