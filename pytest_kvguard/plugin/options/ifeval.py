"""The options of IFEval files: ``--kv-ifeval`` and ``--kv-ifeval-*``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_kvguard.errors import UsageError
from pytest_kvguard.runs.given import GivenOptions, shown

__all__ = ["IFEvalOptions"]

MODES = ("strict", "loose")


@dataclass(frozen=True)
class IFEvalOptions:
    """A file in IFEval's format, and the rows of it to run.

    Attributes:
        path: the file.
        selection: ``key`` or ``key::id`` of the row to run; empty for all.
        limit: the number of rows to run; None for all.
        mode: ``strict`` or ``loose``.
        max_new_tokens: the most tokens of a reply.
    """

    path: Path
    selection: str
    limit: int | None
    mode: str
    max_new_tokens: int

    @classmethod
    def read(cls, given: GivenOptions) -> IFEvalOptions | None:
        """Return the options of an IFEval file; None if no file is named.

        Raises:
            UsageError: the file does not exist, the mode is unknown, or a number is invalid.
        """
        text = given.one("kv_ifeval")
        if not text:
            if given.is_typed("kv_ifeval") or given.is_typed("kv_ifeval_limit"):
                raise UsageError("--kv-ifeval names no file. Write e.g. --kv-ifeval=rows.jsonl --kv-ifeval-limit=20.")
            return None
        name, _, selection = text.partition("::")
        path = given.path("kv_ifeval", name)
        if path is None or not path.is_file():
            raise UsageError(
                f"--kv-ifeval={shown(name)}: {shown(str(path))} is not a file. Name a file in IFEval's format."
            )
        limit = given.count("kv_ifeval_limit") if given.one("kv_ifeval_limit") else None
        return cls(path, selection, limit, given.choice("kv_ifeval_mode", MODES), given.count("kv_ifeval_tokens"))
