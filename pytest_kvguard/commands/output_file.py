"""The writer of the commands' output files."""

from __future__ import annotations

from pathlib import Path

from pytest_kvguard.errors import UsageError

__all__ = ["write_output"]


def write_output(path: Path, content: str | bytes) -> None:
    """Write a file, and its folder if that does not exist.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}. Choose another path.") from error
