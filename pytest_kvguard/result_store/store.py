"""A folder of results, one file each, written atomically; the least recently used ones are removed."""

from __future__ import annotations

import os
import tempfile
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

__all__ = ["DEFAULT_MIB", "CorruptEntryError", "EntryFile", "ResultStore", "ignore", "pack_entry", "unpack_entry"]

DEFAULT_MIB = 1024
"""The default limit of a store."""

FORMAT = "v1"
SCRATCH = ".making-"
SCRATCH_SECONDS = 3600
"""The age after which a scratch file is taken to be left over from a killed process."""
ROOM = 0.9
"""The share of the limit to which pruning shrinks the store, so that the next result does not prune again."""
PRUNED_SHARE = 8
"""Pruning runs each time one part in this many of the limit was written."""

MAGIC = b"kvguard\x01"
DIGEST_BYTES = sha256().digest_size
ZLIB_LEVEL = 1
"""Positions and token ids shrink to a fifth, and reading them costs less than computing them."""


def ignore(_: str) -> None:
    """Discard a message."""


@dataclass(frozen=True)
class EntryFile:
    """One result on disk.

    Attributes:
        size_bytes: the size of the file.
        used: the time of its last use, in seconds since the epoch.
    """

    path: Path
    size_bytes: int
    used: float


class ResultStore:
    """A store of results that any number of processes may read and write at once.

    Args:
        folder: created on the first write; only its owner can read its files.
        limit_bytes: the largest total size of its files.
        warn: called once if results cannot be stored; the store never raises.
    """

    def __init__(self, folder: Path, limit_bytes: int, warn: Callable[[str], None] = ignore) -> None:
        self.folder = folder
        self.limit_bytes = limit_bytes
        self._warn = warn
        self._writes = True
        self._unpruned_bytes = 0

    def get(self, key: str) -> bytes | None:
        """Return the payload stored under a key, or None; a corrupt file is removed.

        Args:
            key: hexadecimal digits.
        """
        path = self._path(key)
        try:
            payload = unpack_entry(key, path.read_bytes())
        except OSError:
            return None
        except CorruptEntryError:
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):  # in a read-only folder, the time of the last use is not updated
            os.utime(path)
        return payload

    def put(self, key: str, payload: bytes) -> None:
        """Store a payload; if that fails, warn once and store nothing from then on."""
        if not self._writes:
            return
        try:
            self._unpruned_bytes += _write_whole(self._path(key), pack_entry(key, payload))
        except OSError as error:
            self._writes = False
            self._warn(
                f"results cannot be stored in {self.folder}: {error.strerror or error}. The run goes on, and the next "
                "one will run everything again. Free space there, give another --kv-store-dir, or add --kv-no-store."
            )
            return
        if self._unpruned_bytes * PRUNED_SHARE >= self.limit_bytes:
            self.prune()

    def entries(self) -> list[EntryFile]:
        """Return all entries, the least recently used one first."""
        entries = []
        for path in self._files():
            with suppress(OSError):
                status = path.stat()
                entries.append(EntryFile(path, status.st_size, status.st_mtime))
        return sorted(entries, key=lambda entry: (entry.used, entry.path.name))

    def prune(self, limit_bytes: int | None = None) -> int:
        """Remove the least recently used entries if the limit is exceeded; return the number of removed ones."""
        limit = self.limit_bytes if limit_bytes is None else limit_bytes
        self._unpruned_bytes = 0
        entries = self.entries()
        total, removed = sum(entry.size_bytes for entry in entries), 0
        room = limit * ROOM if total > limit else limit
        for entry in entries:
            if total <= room:
                break
            with suppress(OSError):  # another process has removed it, or this one may not
                entry.path.unlink()
                removed += 1
                total -= entry.size_bytes
        self._sweep(time.time() - SCRATCH_SECONDS)
        return removed

    def clear(self) -> int:
        """Remove every entry; return the number of removed ones."""
        removed = 0
        for path in self._files():
            with suppress(FileNotFoundError):
                path.unlink()
                removed += 1
        self._sweep(time.time())
        return removed

    def close(self) -> None:
        """Prune if anything was written."""
        if self._unpruned_bytes:
            self.prune()

    def _path(self, key: str) -> Path:
        return self.folder / FORMAT / key[:2] / key[2:]

    def _files(self) -> list[Path]:
        return [path for path in self.folder.glob("v*/*/*") if not path.name.startswith(SCRATCH)]

    def _sweep(self, before: float) -> None:
        """Remove scratch files last written at or before a time."""
        for path in self.folder.glob(f"v*/*/{SCRATCH}*"):
            with suppress(OSError):
                if path.stat().st_mtime <= before:
                    path.unlink()


def _write_whole(path: Path, raw: bytes) -> int:
    """Write a file atomically, readable by its owner only; return its size."""
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


class CorruptEntryError(ValueError):
    """A file is not the result that was written under its key."""


def pack_entry(key: str, payload: bytes) -> bytes:
    """Return the content of the file that stores a payload under a key."""
    body = zlib.compress(payload, ZLIB_LEVEL)
    return MAGIC + _digest(key, body) + body


def unpack_entry(key: str, raw: bytes) -> bytes:
    """Return the payload of a file.

    Raises:
        CorruptEntryError: the file is truncated, altered, or belongs to another key.
    """
    head = len(MAGIC) + DIGEST_BYTES
    body = raw[head:]
    if raw[:head] != MAGIC + _digest(key, body):
        raise CorruptEntryError(f"the entry {key} is broken")
    return zlib.decompress(body)


def _digest(key: str, body: bytes) -> bytes:
    return sha256(key.encode() + b"\0" + body).digest()
