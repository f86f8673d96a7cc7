"""When a reply need not go on: everything that reads it is decided by what there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_kvguard.contract.model import Contract, Probe
from pytest_kvguard.leaks.table import early_part, is_leak_certain
from pytest_kvguard.verifiers.table import rule

__all__ = ["Watch", "watch_of"]


@dataclass(frozen=True)
class Watch:
    """What reads the last reply of a conversation, as plain values that travel between processes.

    Attributes:
        checks: (rule name, value) pairs of all instructions.
        leaks: of every instruction with a ``no_leak`` the part of it that a beginning can decide, and its text.
        turns: what the user said.
        replies: the replies before.
    """

    checks: tuple[tuple[str, Any], ...] = field(hash=False)
    leaks: tuple[tuple[Mapping[str, Any], str], ...] = field(hash=False)
    turns: tuple[str, ...] = ()
    replies: tuple[str, ...] = ()

    def is_decided(self, prefix: str) -> bool:
        """Whether every check gets what it would get of any reply that begins so."""
        if any(rule(name).decided(prefix, value) is None for name, value in self.checks):
            return False
        replies = (*self.replies, prefix)
        return all(is_leak_certain(spec, replies, text, self.turns) for spec, text in self.leaks)


def watch_of(contract: Contract, probe: Probe, replies: tuple[str, ...]) -> Watch | None:
    """Return what reads the reply after these; None where it is wanted whole.

    So it is where the contract does not stop early, where a later turn reads the reply, where nothing checks it, and
    where some check needs all of it.
    """
    if not contract.generate.stops_early or len(replies) < len(probe.turns) - 1:
        return None
    instructions = [instruction.under(probe) for instruction in contract.checked(probe.id)]
    checks = tuple(check for instruction in instructions for check in instruction.checks)
    leaks = tuple((early_part(part.no_leak), part.text) for part in instructions if part.no_leak is not None)
    if not checks and not leaks:
        return None
    if not all(rule(name).decides_early for name, _ in checks) or not all(spec for spec, _ in leaks):
        return None
    return Watch(checks, leaks, probe.turns, replies)
