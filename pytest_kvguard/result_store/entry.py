"""The bytes of one entry: compressed, with a checksum that binds them to their key."""

from __future__ import annotations

import zlib
from hashlib import sha256

__all__ = ["CorruptEntryError", "pack", "unpack"]

MAGIC = b"kvguard\x01"
DIGEST_BYTES = sha256().digest_size
LEVEL = 1
"""Of zlib: positions and token ids shrink to a fifth, and reading them back must cost less than running them."""


class CorruptEntryError(ValueError):
    """An entry is not what was written under its key."""


def pack(key: str, payload: bytes) -> bytes:
    """Return the bytes to write."""
    body = zlib.compress(payload, LEVEL)
    return MAGIC + _digest(key, body) + body


def unpack(key: str, raw: bytes) -> bytes:
    """Return the payload.

    Raises:
        CorruptEntryError: cut short, altered, or another key's entry.
    """
    head = len(MAGIC) + DIGEST_BYTES
    body = raw[head:]
    if raw[:head] != MAGIC + _digest(key, body):
        raise CorruptEntryError(f"the entry {key} is broken")
    return zlib.decompress(body)


def _digest(key: str, body: bytes) -> bytes:
    return sha256(key.encode() + b"\0" + body).digest()
