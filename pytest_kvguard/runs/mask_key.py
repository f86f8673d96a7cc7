"""The key of the digests that replace secrets: the same in every run of a user and in every worker."""

from __future__ import annotations

import os

from filelock import FileLock

from pytest_kvguard.external.regular_files import read_regular
from pytest_kvguard.external.whole_file import replace_file

__all__ = ["VARIABLE", "mask_key"]

VARIABLE = "KVGUARD_MASK_KEY"
KEY_BYTES = 32
LOCK_SECONDS = 10


def mask_key(run: str | None = None) -> bytes:
    """Return the environment's key, else the user's key, which the first call creates; a damaged one is made anew.

    Args:
        run: xdist's id of the run, which its workers use as the key if none can be stored; digests then differ between
            runs.
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
    with FileLock(f"{path}.lock", timeout=LOCK_SECONDS):
        key = read_regular(path) if path.exists() else b""
        if len(key) < KEY_BYTES:
            key = os.urandom(KEY_BYTES)
            replace_file(path, key, mode=0o600, durable=True)
        return key
