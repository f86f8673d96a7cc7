"""What a check is worth: its outcome on the uncompressed model with and without the instruction."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

__all__ = ["AblatedCheck", "Need"]


class Need(str, Enum):
    """Whether a check needs its instruction; for a leak detector, whether the secret needs the rule beside it."""

    NEEDED = "needs the instruction"
    BESIDE = "holds without it, beside one that fails"
    HOLDS = "holds without it"
    UNMET = "unmet with it"
    ERROR = "could not run"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class AblatedCheck:
    """One rule of an instruction under one probe, on the uncompressed model with and without the instruction.

    Attributes:
        file, probe, instruction, rule: which check.
        expected: the rule in a few words.
        need: the outcome.
        observed: the observation on the reply without the instruction, or the error.
        reply: that reply; empty if it could not run.
        leak: whether the rule is a leak detector, for which only the sentences without the secret were left out.
    """

    file: Path
    probe: str
    instruction: str
    rule: str
    expected: str
    need: Need
    observed: str = ""
    reply: str = ""
    leak: bool = False
