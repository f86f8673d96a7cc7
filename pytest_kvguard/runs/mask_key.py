"""The key of the digests that stand for secrets: the same in every run of a user, and in every worker."""

from __future__ import annotations

import os
from pathlib import Path

from filelock import FileLock

__all__ = ["VARIABLE", "mask_key"]

VARIABLE = "KVGUARD_MASK_KEY"
KEY_BYTES = 32


def mask_key(run: str | None = None) -> bytes:
    """Return the environment's key, else the user's, which is made on first use.

    Args:
        run: what xdist calls the run, for its workers to agree on where no key can be kept; digests then differ from
            run to run.
    """
    given = os.environ.get(VARIABLE)
    if given:
        return given.encode()
    try:
        return _stored_key()
    except OSError:
        return run.encode() if run else os.urandom(KEY_BYTES)


def _stored_key() -> bytes:
    from pytest_kvguard.models.embedded_model import cache_directory

    path = cache_directory() / "mask.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        if not path.exists():
            _write_private(path, os.urandom(KEY_BYTES))
        return path.read_bytes()


def _write_private(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
