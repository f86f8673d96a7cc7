"""What has changed around a recording, and what such changes excuse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Change", "changes_between", "excused_by"]

EXCUSES = frozenset({"dtype", "device", "kernel", "cpu", "instructions", "threads", "torch", "transformers"})
"""What may move numbers without anybody being at fault. Other weights and another version of ours excuse nothing."""


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was."""

    name: str
    recorded: str
    now: str

    def __str__(self) -> str:
        return f"{self.name} {self.recorded} → {self.now}"


def changes_between(recorded: Mapping[str, str], now: Mapping[str, str]) -> tuple[Change, ...]:
    """Return what differs, in the order it was recorded."""
    names = dict.fromkeys([*recorded, *now])
    pairs = ((name, recorded.get(name, "unknown"), now.get(name, "unknown")) for name in names)
    return tuple(Change(*pair) for pair in pairs if pair[1] != pair[2])


def excused_by(changes: tuple[Change, ...]) -> bool:
    """Return whether rounding may have changed, so that near ties may fall the other way."""
    return any(change.name in EXCUSES for change in changes)
