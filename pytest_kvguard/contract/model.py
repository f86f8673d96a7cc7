"""What a contract says, as frozen values; no YAML, no tokenizer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["Block", "Contract", "Gate", "Generate", "Instruction", "Orderings", "Probe"]

_JOINT = "\n"

Value = TypeVar("Value")


@dataclass(frozen=True)
class Instruction:
    """One named instruction of the system prompt.

    Attributes:
        id: typeable after ``pytest -k``.
        text: as the model reads it, stripped.
        checks: (rule name, value) pairs, in written order.
        no_leak: what must stay secret, or None.
        probes: the probes it is checked under; None = all of them.
        protect: True when ``keep(policy)`` must never drop its tokens.
        line: 1-based line of the contract file.
        stands_in: the instruction that owns this text, where several are told in one; None = this one does.
    """

    id: str
    text: str
    checks: tuple[tuple[str, Any], ...] = ()
    no_leak: Mapping[str, Any] | None = None
    probes: tuple[str, ...] | None = None
    protect: bool = False
    line: int = 0
    stands_in: str | None = None

    @property
    def is_checked(self) -> bool:
        """True when some check or leak rule watches it."""
        return bool(self.checks) or self.no_leak is not None


@dataclass(frozen=True)
class Block:
    """Named text beside the instructions (history, passages, tool output); nothing checks it."""

    id: str
    text: str
    line: int = 0


@dataclass(frozen=True)
class Probe:
    """A conversation: one or more user turns."""

    id: str
    turns: tuple[str, ...]
    line: int = 0


@dataclass(frozen=True)
class Orderings:
    """Which instruction orders are tried beside the written one.

    Attributes:
        sample: how many shuffled orders.
        first: ids pinned to the front of every shuffled order, in this order.
        last: ids pinned to its end, in this order.
    """

    sample: int = 8
    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gate:
    """What a run may lose before it fails; ``max_length_ratio`` None = reply length is not gated."""

    max_lost: int = 0
    max_new_leaks: int = 0
    max_length_ratio: float | None = None


@dataclass(frozen=True)
class Generate:
    """How replies are generated."""

    max_new_tokens: int = 64


@dataclass(frozen=True)
class Contract:
    """One ``*.kv.yaml`` file.

    Attributes:
        name: the contract's name, first part of its node ids.
        path: the file it was read from.
        preamble: text before the parts; may be empty.
        parts: instructions and blocks in written order.
        probes: the conversations.
        orderings: None when only the written order is tried.
        gate: what may be lost.
        generate: how replies are generated.
    """

    name: str
    path: Path
    preamble: str
    parts: tuple[Instruction | Block, ...]
    probes: tuple[Probe, ...]
    orderings: Orderings | None = None
    gate: Gate = field(default_factory=Gate)
    generate: Generate = field(default_factory=Generate)

    @property
    def instructions(self) -> tuple[Instruction, ...]:
        """The instructions, in written order."""
        return tuple(part for part in self.parts if isinstance(part, Instruction))

    @property
    def written_order(self) -> tuple[str, ...]:
        """Ids of the instructions that own their text, as the file has them."""
        return tuple(instruction.id for instruction in self.instructions if instruction.stands_in is None)

    def instruction(self, instruction_id: str) -> Instruction:
        """Return one instruction.

        Raises:
            KeyError: there is no such instruction.
        """
        return {instruction.id: instruction for instruction in self.instructions}[instruction_id]

    def for_every_instruction(self, by_owner: Mapping[str, Value]) -> dict[str, Value]:
        """Give what is known of an instruction's text to those that stand in it, too."""
        owners = {instruction.id: instruction.stands_in or instruction.id for instruction in self.instructions}
        return {name: by_owner[owner] for name, owner in owners.items() if owner in by_owner}

    def checked(self, probe_id: str) -> tuple[Instruction, ...]:
        """Instructions that have a check or a leak rule and apply to this probe."""
        return tuple(
            instruction
            for instruction in self.instructions
            if instruction.is_checked and (instruction.probes is None or probe_id in instruction.probes)
        )

    def system_text(self, order: Sequence[str]) -> str:
        """The system prompt with its instructions in this order."""
        return _JOINT.join(text for _, text in self._pieces(order))

    def instruction_intervals(self, order: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Half-open character interval of every instruction in ``system_text(order)``."""
        intervals: dict[str, tuple[int, int]] = {}
        start = 0
        for instruction_id, text in self._pieces(order):
            if instruction_id is not None:
                intervals[instruction_id] = (start, start + len(text))
            start += len(text) + len(_JOINT)
        return intervals

    def _pieces(self, order: Sequence[str]) -> list[tuple[str | None, str]]:
        """(instruction id or None, text) in reading order; blocks keep their list index."""
        if sorted(order) != sorted(self.written_order):
            raise ValueError(
                f"order {list(order)} is not a permutation of the instructions of contract {self.name!r}: "
                f"{list(self.written_order)}. Name each instruction once."
            )
        following = iter(order)
        pieces: list[tuple[str | None, str]] = [(None, self.preamble)] if self.preamble else []
        for part in self.parts:
            if isinstance(part, Block):
                pieces.append((None, part.text))
            elif part.stands_in is None:
                instruction_id = next(following)
                pieces.append((instruction_id, self.instruction(instruction_id).text))
        return pieces
