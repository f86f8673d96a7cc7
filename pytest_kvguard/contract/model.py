"""A contract as frozen values, without YAML and tokenizers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

from pytest_kvguard.errors import UsageError

__all__ = ["Block", "Contract", "Filler", "Gate", "Generate", "Instruction", "Orderings", "Probe"]

Value = TypeVar("Value")


@dataclass(frozen=True)
class Instruction:
    """One named instruction of the system prompt.

    Attributes:
        id: typeable after ``pytest -k``.
        text: as the model reads it.
        checks: (rule name, value) pairs, in written order, which must hold under every probe of the instruction.
        no_leak: the leak detectors that watch it, with their values, or None.
        probes: the probes under which it is checked; None = all of them.
        protect: whether ``keep(policy)`` must never drop its tokens.
        line: 1-based line of the contract file.
        paraphrases: other wordings of the text, which a search tries too.
        probe_checks: probe → pairs that must hold under that probe, besides ``checks``.
        text_owner: the id of the instruction that owns the text, where several share one text; None = this one does.
    """

    id: str
    text: str
    checks: tuple[tuple[str, Any], ...] = ()
    no_leak: Mapping[str, Any] | None = None
    probes: tuple[str, ...] | None = None
    protect: bool = False
    line: int = 0
    paraphrases: tuple[str, ...] = ()
    text_owner: str | None = None
    probe_checks: Mapping[str, tuple[tuple[str, Any], ...]] = field(default_factory=dict)

    @property
    def is_checked(self) -> bool:
        """Whether it has a check or a ``no_leak``."""
        return bool(self.checks or self.probe_checks) or self.no_leak is not None

    @property
    def all_checks(self) -> tuple[tuple[str, Any], ...]:
        """Its checks under all probes."""
        return (*self.checks, *(check for checks in self.probe_checks.values() for check in checks))

    def is_checked_under(self, probe_id: str) -> bool:
        """Whether something is checked under a probe that is no attack."""
        everywhere = (bool(self.checks) or self.no_leak is not None) and (
            self.probes is None or probe_id in self.probes
        )
        return everywhere or probe_id in self.probe_checks

    def under(self, probe: Probe) -> Instruction:
        """Return the instruction as it is judged under a probe: with the checks of the probe, under an attack none."""
        if probe.is_attack:
            return replace(self, checks=(), probe_checks={})
        own = self.probe_checks.get(probe.id, ())
        return replace(self, checks=(*self.checks, *own), probe_checks={}) if self.probe_checks else self


@dataclass(frozen=True)
class Block:
    """Named text beside the instructions (history, passages, tool output) that nothing checks."""

    id: str
    text: str
    line: int = 0


@dataclass(frozen=True)
class Probe:
    """A conversation: one or more user turns.

    Attributes:
        id: typeable after ``pytest -k``.
        turns: the user's messages.
        line: 1-based line of the contract file.
        is_attack: whether it is a built-in attack, under which only leaks are judged.
    """

    id: str
    turns: tuple[str, ...]
    line: int = 0
    is_attack: bool = False


@dataclass(frozen=True)
class Filler:
    """Harmless text that a search puts somewhere between the instructions.

    Attributes:
        max_words: the largest number of words.
        text: the text to repeat until it is long enough; None = built-in sentences.
    """

    max_words: int
    text: str | None = None


@dataclass(frozen=True)
class Orderings:
    """The instruction orders that are tried besides the written one.

    Attributes:
        sample: the number of shuffled orders.
        first: ids pinned to the front of every shuffled order, in this order.
        last: ids pinned to its end, in this order.
        search: the most arrangements that a search for a failing one tries; 0 = no search.
        budget_tokens: the token budget of a search until it fails an arrangement.
        shrink_tokens: the token budget for shrinking that arrangement.
        subsets: whether a search may leave instructions out.
        distractors: texts that a search puts between the instructions.
        filler: text of varying length that a search puts there, or None.
    """

    sample: int = 8
    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    search: int = 0
    budget_tokens: int = 20_000
    shrink_tokens: int = 20_000
    subsets: bool = False
    distractors: tuple[str, ...] = ()
    filler: Filler | None = None


@dataclass(frozen=True)
class Gate:
    """The limits beyond which a run fails; None = not stated.

    Attributes:
        max_lost: checks that may be LOST; by default 0, or not limited where ``max_drop`` or ``prove`` is.
        max_new_leaks: checks that may be LEAKED; by default 0.
        max_drop: how far an instruction's adherence may drop, 0..1; by default an UNSTABLE check may not drop at all.
        prove: the drop of an instruction's adherence that must be excluded, 0..1; by default nothing must.
        confidence: the confidence with which a drop must be shown, or excluded; by default 0.95.
        max_length_ratio: compressed over uncompressed reply tokens.
        max_longer_share: share of replies that become 1.5 times as long or longer, above that under a harmless change.
        max_distance: mean |Δ logprob| of replies, as a multiple of the noise floor.
    """

    max_lost: int | None = None
    max_new_leaks: int | None = None
    max_drop: float | None = None
    prove: float | None = None
    confidence: float | None = None
    max_length_ratio: float | None = None
    max_longer_share: float | None = None
    max_distance: float | None = None

    def __post_init__(self) -> None:
        """Refuse limits that nothing exceeds, because they are NaN or infinite.

        Raises:
            UsageError: a limit is not a finite number.
        """
        for name, limit in vars(self).items():
            if isinstance(limit, float) and not isfinite(limit):
                raise UsageError(f"The limit {name}={limit} of a gate is not a finite number. Leave it out for none.")

    @property
    def limits_length(self) -> bool:
        """Whether the length of replies has a limit."""
        return self.max_length_ratio is not None or self.max_longer_share is not None

    @property
    def limits_drop(self) -> bool:
        """Whether drops of adherence have a limit."""
        return self.max_drop is not None or self.prove is not None

    @property
    def allowed_drop(self) -> float:
        """The drop above which the gate is shown to be worse; 0 without a limit."""
        return self.max_drop if self.max_drop is not None else self.prove or 0.0

    @property
    def excluded_drop(self) -> float:
        """The drop that must be excluded for the gate to be shown to hold; 0 without a limit."""
        return self.prove if self.prove is not None else self.max_drop or 0.0

    def over(self, other: Gate) -> Gate:
        """Return this gate with its unstated limits taken from another."""
        return Gate(**{**vars(other), **{name: value for name, value in vars(self).items() if value is not None}})

    @property
    def allowed_losses(self) -> int | None:
        """How many checks may be LOST; None if their number is not limited."""
        return 0 if self.max_lost is None and not self.limits_drop else self.max_lost

    @property
    def allowed_leaks(self) -> int:
        """How many checks may be LEAKED."""
        return self.max_new_leaks or 0

    @property
    def significance_level(self) -> float:
        """The accepted probability of a false alarm."""
        return 1 - (0.95 if self.confidence is None else self.confidence)


@dataclass(frozen=True)
class Generate:
    """How replies are generated.

    Attributes:
        max_new_tokens: the token limit of each reply.
        temperature: the sampling temperature; None = greedy decoding.
        top_p: tokens are drawn from the most likely ones with this total probability.
        seeds: the number of replies per prompt.
        first_seed: the first of their seeds.
    """

    max_new_tokens: int = 64
    temperature: float | None = None
    top_p: float = 1.0
    seeds: int = 8
    first_seed: int = 0

    @property
    def drawn_seeds(self) -> tuple[int | None, ...]:
        """The seeds; a single None if decoding is greedy."""
        return (None,) if self.temperature is None else tuple(self.first_seed + index for index in range(self.seeds))


@dataclass(frozen=True)
class Contract:
    """One ``*.kv.yaml`` file.

    Attributes:
        name: the contract's name, the first part of its node ids.
        path: the contract file.
        preamble: the text before the parts; may be empty.
        parts: instructions and blocks in written order.
        probes: the conversations.
        orderings: the other orders to try; None = only the written order.
        gate: the limits of a run.
        generate: how replies are generated.
        join: the text between two parts of the system prompt.
    """

    name: str
    path: Path
    preamble: str
    parts: tuple[Instruction | Block, ...]
    probes: tuple[Probe, ...]
    orderings: Orderings | None = None
    gate: Gate = field(default_factory=Gate)
    generate: Generate = field(default_factory=Generate)
    join: str = "\n"

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        """The instructions, in written order."""
        return tuple(part for part in self.parts if isinstance(part, Instruction))

    @property
    def is_sampled(self) -> bool:
        """Whether orders or replies are sampled, which statistics need."""
        orders = 0 if self.orderings is None else self.orderings.sample
        return orders > 0 or self.generate.temperature is not None

    @cached_property
    def written_order(self) -> tuple[str, ...]:
        """Ids of the instructions that own their text, in the order of the file."""
        return tuple(instruction.id for instruction in self.instructions if instruction.text_owner is None)

    def instruction(self, instruction_id: str) -> Instruction:
        """Return one instruction.

        Raises:
            KeyError: there is no such instruction.
        """
        return self._by_id[instruction_id]

    @cached_property
    def _by_id(self) -> dict[str, Instruction]:
        return {instruction.id: instruction for instruction in self.instructions}

    @cached_property
    def protected(self) -> tuple[str, ...]:
        """Ids of the instructions with ``protect``, in written order."""
        return tuple(instruction.id for instruction in self.instructions if instruction.protect)

    @cached_property
    def _texts(self) -> dict[int, tuple[Sequence[str], str, str]]:
        return {}

    def for_every_instruction(self, by_owner: Mapping[str, Value]) -> dict[str, Value]:
        """Return the value of every instruction, given values for the owners of the texts."""
        owners = {instruction.id: instruction.text_owner or instruction.id for instruction in self.instructions}
        return {name: by_owner[owner] for name, owner in owners.items() if owner in by_owner}

    def checked(self, probe_id: str) -> tuple[Instruction, ...]:
        """Return the instructions that are checked under a probe; under an attack, those with a ``no_leak``."""
        if any(probe.is_attack for probe in self.probes if probe.id == probe_id):
            return tuple(instruction for instruction in self.instructions if instruction.no_leak is not None)
        return tuple(instruction for instruction in self.instructions if instruction.is_checked_under(probe_id))

    def system_text(self, order: Sequence[str]) -> str:
        """Return the system prompt with its instructions in this order."""
        return self._written(order)[1]

    def order_text(self, order: Sequence[str]) -> str:
        """Return an order as one text, which is compared faster than the order."""
        return self._written(order)[2]

    def _written(self, order: Sequence[str]) -> tuple[Sequence[str], str, str]:
        """Return an order, its system prompt and its own text.

        Every case asks for them again. Orders are remembered by their identity, because hashing one takes as long as
        the contract has instructions. The entry keeps its order alive; in a process that unpickled it, identities
        differ.
        """
        known = self._texts.get(id(order))
        if known is not None and known[0] is order:
            return known
        written = order, self.join.join(text for _, text in self._pieces(order)), "\0".join(order)
        if isinstance(order, tuple):  # a list may change
            self._texts[id(order)] = written
        return written

    def instruction_intervals(self, order: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Return the half-open character interval of every instruction in ``system_text(order)``."""
        intervals: dict[str, tuple[int, int]] = {}
        start = 0
        for instruction_id, text in self._pieces(order):
            if instruction_id is not None:
                intervals[instruction_id] = (start, start + len(text))
            start += len(text) + len(self.join)
        return intervals

    def _pieces(self, order: Sequence[str]) -> list[tuple[str | None, str]]:
        """Return (instruction id or None, text) pairs in reading order; blocks keep their positions."""
        if sorted(order) != sorted(self.written_order):
            raise ValueError(
                f"order {list(order)} is not a permutation of the instructions of contract {self.name!r}: "
                f"{list(self.written_order)}. Name each instruction once."
            )
        remaining = iter(order)
        pieces: list[tuple[str | None, str]] = [(None, self.preamble)] if self.preamble else []
        for part in self.parts:
            if isinstance(part, Block):
                pieces.append((None, part.text))
            elif part.text_owner is None:
                instruction_id = next(remaining)
                pieces.append((instruction_id, self.instruction(instruction_id).text))
        return pieces
