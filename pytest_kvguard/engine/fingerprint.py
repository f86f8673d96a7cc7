"""Digests of files: large ones are read once, and again when they have changed."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from pytest_kvguard.result_store.store import ResultStore

__all__ = ["fingerprint"]

BLOCK_BYTES = 1 << 20


def fingerprint(paths: Iterable[Path], store: ResultStore) -> str:
    """Return a digest of files by name and content.

    Args:
        paths: the files.
        store: remembers the digest of each by place, size and time of its last change.

    Raises:
        OSError: a file cannot be read.
    """
    whole = sha256()
    for path in paths:
        whole.update(f"{path.name}\0{_digest(path, store)}\0".encode())
    return whole.hexdigest()


def _digest(path: Path, store: ResultStore) -> str:
    status = path.stat()
    seen = f"file\0{path.resolve()}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_ino}"
    key = sha256(seen.encode()).hexdigest()
    known = store.get(key)
    if known is not None:
        return known.decode()
    digest = _read(path)
    store.put(key, digest.encode())
    return digest


def _read(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
