"""What a golden is of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256

__all__ = ["Cell", "folder_name"]

DIGEST_LETTERS = 8
LONGEST_NAME = 80


@dataclass(frozen=True, order=True)
class Cell:
    """The coordinates of a golden within its model's folder.

    Attributes:
        subject: the contract's file, or the id of a Python test, from the root folder on.
        policy: canonical spec, or ``none``.
        ratio: fraction of entries to remove; equal ones are written alike.
        kernel: attention kernel.
        scope: ``context``, ``prompt`` or ``decode``.
    """

    subject: str
    policy: str
    ratio: str
    kernel: str
    scope: str

    def __post_init__(self) -> None:
        exact = Fraction(self.ratio)
        plain = repr(float(exact)) if exact else "0"
        object.__setattr__(self, "ratio", plain if Fraction(plain) == exact else str(exact))

    @property
    def title(self) -> str:
        """How people call it."""
        under = "uncompressed" if self.policy == "none" else f"under {self.policy}, ratio {self.ratio}"
        scope = "" if self.scope == "context" else f", scope {self.scope}"
        return f"{self.subject} {under}, kernel {self.kernel}{scope}"

    def file_name(self, content: bytes) -> str:
        """Return the name of the file that holds this content: another one for other content."""
        words = (self.subject.removesuffix(".kv.yaml").rpartition("/")[2], self.policy, self.ratio, self.kernel)
        readable = re.sub(r"[^\w.]+", "-", "-".join(words)).strip("-.")[:LONGEST_NAME]
        digest = sha256("\0".join(vars(self).values()).encode() + content).hexdigest()[:DIGEST_LETTERS]
        return f"{readable}-{digest}.safetensors"


def folder_name(model: str) -> str:
    """Return the name of a model's folder: of a path its last part, of a hub id both."""
    is_path = model.startswith((".", "/", "~")) or "\\" in model
    name = re.split(r"[/\\]", model.rstrip("/\\"))[-1] if is_path else model
    return re.sub(r"[^\w.]+", "-", name).strip("-.").lower() or "model"
