"""The key of a golden within the folder of its model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from pytest_kvguard.values.cell import Cell

__all__ = ["GoldenKey", "folder_name", "is_golden_name"]

DIGEST_LETTERS = 8
LONGEST_NAME = 80


@dataclass(frozen=True)
class GoldenKey:
    """The key of a golden: its subject, cell and scope.

    Attributes:
        subject: the contract's file, or the id of a Python test, relative to the root folder.
        cell: the cell under which it was recorded.
        scope: ``context``, ``prompt`` or ``decode``.
    """

    subject: str
    cell: Cell
    scope: str

    @classmethod
    def from_record(cls, record: Mapping[str, str]) -> GoldenKey:
        """Return the key that ``record`` describes; other fields are ignored."""
        return cls(str(record["subject"]), Cell.from_record(record), str(record["scope"]))

    @property
    def record(self) -> dict[str, str]:
        """The key as the plain values that the manifest contains."""
        return {"subject": self.subject, **self.cell.record, "scope": self.scope}

    @property
    def title(self) -> str:
        """The name of the golden in reports."""
        under = self.cell.label if self.cell.is_uncompressed else f"under {self.cell.label}"
        return f"{self.subject} {under}" + ("" if self.scope == "context" else f", scope {self.scope}")

    def file_name(self, content: bytes) -> str:
        """Return the name of the file for this content; other content has another name."""
        name = self.subject.removesuffix(".kv.yaml").rpartition("/")[2]
        readable = re.sub(r"[^\w.]+", "-", "-".join([name, *self.cell.record.values()])).strip("-.")[:LONGEST_NAME]
        digest = sha256("\0".join(self.record.values()).encode() + content).hexdigest()[:DIGEST_LETTERS]
        return f"{readable}-{digest}.safetensors"


def is_golden_name(name: str) -> bool:
    """Return whether ``GoldenKey.file_name`` may have made a name."""
    return re.fullmatch(rf"[\w.][\w.-]*-[0-9a-f]{{{DIGEST_LETTERS}}}\.safetensors", name) is not None


def folder_name(model: str) -> str:
    """Return the name of a model's folder: the last part of a path, or both parts of a hub id."""
    is_path = model.startswith((".", "/", "~")) or "\\" in model
    name = re.split(r"[/\\]", model.rstrip("/\\"))[-1] if is_path else model
    return re.sub(r"[^\w.]+", "-", name).strip("-.").lower() or "model"
