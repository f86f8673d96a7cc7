"""A folder of results, one file each, written atomically; the least recently used ones are removed."""

from __future__ import annotations

import os
import re
import stat
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from pytest_kvguard.errors import UsageError

__all__ = ["DEFAULT_MIB", "CorruptEntryError", "EntryFile", "ResultStore", "ignore", "pack_entry", "unpack_entry"]

DEFAULT_MIB = 1024
"""The default limit of a store."""

FORMAT = "v1"
SCRATCH = ".making-"
FORMAT_NAME = re.compile(FORMAT)
BUCKET = re.compile(r"[0-9a-f]{2}")
ENTRY = re.compile(r"[0-9a-f]{62}")
SCRATCH_NAME = re.compile(rf"{re.escape(SCRATCH)}[a-z0-9_]{{8}}")
"""The names within a store: FORMAT/BUCKET/ENTRY, and scratch files beside the entries."""
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


@dataclass
class _Content:
    """The files in the folder of a store.

    Attributes:
        entries: results.
        scratch: scratch files and the times when they were last written.
        foreign: a file or folder that is no part of a store.
    """

    entries: list[EntryFile] = field(default_factory=list)
    scratch: list[tuple[Path, float]] = field(default_factory=list)
    foreign: Path | None = None


class ResultStore:
    """A store of results that any number of processes may read and write at once.

    Only files of the exact names and with the magic bytes of a store are ever deleted, and only from a folder that
    holds nothing else.

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

        The file is ours even if it is corrupt, because its name is a digest that only this key has.

        Args:
            key: hexadecimal digits.
        """
        path = self._path(key)
        try:
            payload = unpack_entry(key, _read_entry(path))
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
            self._prune_or_warn()

    def entries(self) -> list[EntryFile]:
        """Return all entries, the least recently used one first."""
        return _by_use(self._content().entries)

    def require_own(self) -> None:
        """Raise ``UsageError`` if the folder holds anything besides a store; looks at the names at its top only."""
        for path in _members(self.folder):
            if path.name != FORMAT or path.is_symlink():
                raise UsageError(self._foreign_message(path))

    def prune(self, limit_bytes: int | None = None) -> int:
        """Remove the least recently used entries if the limit is exceeded; return the number of removed ones.

        Raises:
            UsageError: the folder holds anything besides a store.
        """
        content = self._own_content()
        limit = self.limit_bytes if limit_bytes is None else limit_bytes
        self._unpruned_bytes = 0
        entries = _by_use(content.entries)
        total, removed = sum(entry.size_bytes for entry in entries), 0
        room = limit * ROOM if total > limit else limit
        for entry in entries:
            if total <= room:
                break
            with suppress(OSError):  # another process has removed it, or this one may not
                entry.path.unlink()
                removed += 1
                total -= entry.size_bytes
        _sweep(content, time.time() - SCRATCH_SECONDS)
        return removed

    def clear(self) -> int:
        """Remove every entry; return the number of removed ones.

        Raises:
            UsageError: the folder holds anything besides a store.
        """
        content = self._own_content()
        removed = 0
        for entry in content.entries:
            with suppress(FileNotFoundError):
                entry.path.unlink()
                removed += 1
        _sweep(content, time.time())
        return removed

    def close(self) -> None:
        """Prune if anything was written."""
        if self._unpruned_bytes:
            self._prune_or_warn()

    def _prune_or_warn(self) -> None:
        try:
            self.prune()
        except UsageError as error:
            self._unpruned_bytes = 0
            self._warn(str(error))

    def _path(self, key: str) -> Path:
        return self.folder / FORMAT / key[:2] / key[2:]

    def _own_content(self) -> _Content:
        content = self._content()
        if content.foreign is not None:
            raise UsageError(self._foreign_message(content.foreign))
        return content

    def _foreign_message(self, path: Path) -> str:
        return (
            f"{self.folder} is not a folder of results alone: it also holds {path.relative_to(self.folder)}. Its files "
            "are left as they are. Name a new or empty folder, or move that file away."
        )

    def _content(self) -> _Content:
        content = _Content()
        for top in _members(self.folder):
            if not _is_folder(top, FORMAT_NAME):
                content.foreign = top
                continue
            for bucket in _members(top):
                if not _is_folder(bucket, BUCKET):
                    content.foreign = bucket
                    continue
                for path in _members(bucket):
                    with suppress(OSError):  # another process has removed it, or it belongs to another user
                        _classify(path, content)
        return content


def _members(folder: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from sorted(folder.iterdir())


def _is_folder(path: Path, name: re.Pattern[str]) -> bool:
    return name.fullmatch(path.name) is not None and path.is_dir() and not path.is_symlink()


def _classify(path: Path, content: _Content) -> None:
    """Add a file of a bucket to the content."""
    status = path.lstat()
    is_entry, is_scratch = ENTRY.fullmatch(path.name), SCRATCH_NAME.fullmatch(path.name)
    if not (stat.S_ISREG(status.st_mode) and (is_entry or is_scratch)):
        content.foreign = path
    elif not status.st_size:
        return  # a writer has just created it, or the machine lost power: neither proven ours nor of any size
    elif not _has_magic(path):
        content.foreign = path
    elif is_entry:
        content.entries.append(EntryFile(path, status.st_size, status.st_mtime))
    else:
        content.scratch.append((path, status.st_mtime))


def _has_magic(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def _read_entry(path: Path) -> bytes:
    """Return the content of an entry; raises ``OSError`` for what is no regular file, such as a pipe without an end."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(f"{path} is no regular file")
    return path.read_bytes()


def _by_use(entries: list[EntryFile]) -> list[EntryFile]:
    return sorted(entries, key=lambda entry: (entry.used, entry.path.name))


def _sweep(content: _Content, before: float) -> None:
    """Remove scratch files last written at or before a time."""
    for path, written in content.scratch:
        if written <= before:
            with suppress(OSError):
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
