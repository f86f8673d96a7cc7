"""A folder of results: one file per entry, written whole or not at all, the longest unused ones removed."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pytest_kvguard.result_store.entry import CorruptEntryError, pack, unpack

__all__ = ["DEFAULT_MIB", "EntryFile", "ResultStore", "ignore"]

DEFAULT_MIB = 1024
"""What a store may take unless it is told otherwise."""

FORMAT = "v1"
SCRATCH = ".making-"
SCRATCH_SECONDS = 3600
"""A scratch file of this age was left behind by a process that was killed."""
ROOM = 0.9
"""What pruning leaves of the limit, so that the next entry does not prune again."""
PRUNED_SHARE = 8
"""Pruning is tried whenever this part of the limit was written."""


def ignore(_: str) -> None:
    """Take a message and say nothing."""


@dataclass(frozen=True)
class EntryFile:
    """One entry on disk.

    Attributes:
        size_bytes: of the file.
        used: when it was last read or written, seconds since the epoch.
    """

    path: Path
    size_bytes: int
    used: float


class ResultStore:
    """Any number of processes may read and write one folder at once.

    Args:
        folder: made on the first write; its files can be read by their owner alone.
        limit_bytes: what its files may take.
        warn: told once what keeps results from being stored; nothing is ever raised.
    """

    def __init__(self, folder: Path, limit_bytes: int, warn: Callable[[str], None] = ignore) -> None:
        self.folder = folder
        self.limit_bytes = limit_bytes
        self._warn = warn
        self._writes = True
        self._unpruned_bytes = 0

    def get(self, key: str) -> bytes | None:
        """Return what was stored under a key, or None; an entry that is broken is removed.

        Args:
            key: hexadecimal digits.
        """
        path = self._path(key)
        try:
            payload = unpack(key, path.read_bytes())
        except OSError:
            return None
        except CorruptEntryError:
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):  # in a folder that can only be read, entries simply do not grow younger
            os.utime(path)
        return payload

    def put(self, key: str, payload: bytes) -> None:
        """Store a payload; where that cannot be done, say so once and go on without."""
        if not self._writes:
            return
        try:
            self._unpruned_bytes += _write_whole(self._path(key), pack(key, payload))
        except OSError as error:
            self._writes = False
            self._warn(
                f"results cannot be stored in {self.folder}: {error.strerror or error}. The run goes on, and the next "
                "one will run everything again. Make room there, give another --kv-store-dir, or add --kv-no-store."
            )
            return
        if self._unpruned_bytes * PRUNED_SHARE >= self.limit_bytes:
            self.prune()

    def entries(self) -> list[EntryFile]:
        """Return the entries, the longest unused one first."""
        found = []
        for path in self._files():
            with suppress(OSError):
                status = path.stat()
                found.append(EntryFile(path, status.st_size, status.st_mtime))
        return sorted(found, key=lambda entry: (entry.used, entry.path.name))

    def prune(self, limit_bytes: int | None = None) -> int:
        """Remove the longest unused entries where the limit is exceeded; return how many."""
        limit = self.limit_bytes if limit_bytes is None else limit_bytes
        self._unpruned_bytes = 0
        entries = self.entries()
        total, removed = sum(entry.size_bytes for entry in entries), 0
        room = limit * ROOM if total > limit else limit
        for entry in entries:
            if total <= room:
                break
            with suppress(OSError):  # another process was faster, or this one may not
                entry.path.unlink()
                removed += 1
                total -= entry.size_bytes
        self._sweep(time.time() - SCRATCH_SECONDS)
        return removed

    def clear(self) -> int:
        """Remove every entry; return how many there were."""
        removed = 0
        for path in self._files():
            with suppress(FileNotFoundError):
                path.unlink()
                removed += 1
        self._sweep(time.time())
        return removed

    def close(self) -> None:
        """Prune after a run that wrote something."""
        if self._unpruned_bytes:
            self.prune()

    def _path(self, key: str) -> Path:
        return self.folder / FORMAT / key[:2] / key[2:]

    def _files(self) -> list[Path]:
        return [path for path in self.folder.glob("v*/*/*") if not path.name.startswith(SCRATCH)]

    def _sweep(self, before: float) -> None:
        """Remove scratch files that were left behind."""
        for path in self.folder.glob(f"v*/*/{SCRATCH}*"):
            with suppress(OSError):
                if path.stat().st_mtime <= before:
                    path.unlink()


def _write_whole(path: Path, raw: bytes) -> int:
    """Write a file that only its owner can read; return its size."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(prefix=SCRATCH, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
        os.replace(scratch, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(scratch)
        raise
    return len(raw)
