"""What ``--kv-ifeval`` and its companions ask for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_kvguard.errors import UsageError
from pytest_kvguard.runs.given import GivenOptions, shown

__all__ = ["IFEvalOptions"]

MODES = ("strict", "loose")


@dataclass(frozen=True)
class IFEvalOptions:
    """What to run of a file in IFEval's format.

    Attributes:
        path: the file.
        selection: ``key`` or ``key::id`` of the rows to run; empty = all.
        limit: how many rows; None = all.
        mode: ``strict`` or ``loose``.
        max_new_tokens: cap on each reply.
    """

    path: Path
    selection: str
    limit: int | None
    mode: str
    max_new_tokens: int

    @classmethod
    def read(cls, given: GivenOptions) -> IFEvalOptions | None:
        """Return the options; None where no file is named.

        Raises:
            UsageError: there is no such file or mode, or a number is none.
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
