"""What ``--kv-ifeval`` and its companions ask for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_kvguard.errors import suggest

__all__ = ["IFEvalOptions"]

MODES = ("strict", "loose")


@dataclass(frozen=True)
class IFEvalOptions:
    """What to run of a file in IFEval's format.

    Attributes:
        path: the file.
        selection: ``key`` or ``key::id`` of what to run of it alone; empty = everything.
        limit: how many rows; None = all.
        mode: ``strict`` or ``loose``.
        max_new_tokens: cap on each reply.
    """

    path: Path
    selection: str = ""
    limit: int | None = None
    mode: str = "strict"
    max_new_tokens: int = 256

    @classmethod
    def read(cls, text: str, limit: str, mode: str, tokens: str, folder: Path) -> IFEvalOptions:
        """Return the options, checked.

        Args:
            text: ``PATH`` or ``PATH::KEY`` or ``PATH::KEY::ID``.
            limit: a number, or nothing.
            mode: how instructions are read.
            tokens: a number.
            folder: where a relative path starts.

        Raises:
            pytest.UsageError: there is no such file or mode, or a number is none.
        """
        name, _, selection = text.partition("::")
        path = folder / name
        if not path.is_file():
            raise pytest.UsageError(f"--kv-ifeval={name}: {path} is not a file. Name a file in IFEval's format.")
        if mode not in MODES:
            near = suggest(mode, MODES)
            raise pytest.UsageError(f"Unknown --kv-ifeval-mode={mode}.{near} Allowed: {', '.join(MODES)}.")
        rows = _count("--kv-limit", limit) if limit else None
        return cls(path, selection, rows, mode, _count("--kv-ifeval-tokens", tokens))


def _count(option: str, text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise pytest.UsageError(f"{option}={text} is not a whole number of 1 or more.")
    return int(text)
