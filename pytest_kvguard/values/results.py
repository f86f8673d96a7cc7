"""Replies, arms, checks and verdicts: what running contracts gives. Frozen values; no torch, no pytest, no I/O.

"Baseline" is the uncompressed arm, "compressed" the arm under a policy; both are made by the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.distances import Distance, TokenLogprobs, measure_distance
from pytest_kvguard.values.traces import StageSeconds, TurnTrace

__all__ = [
    "ARMS",
    "Arm",
    "CacheReport",
    "CaseId",
    "CaseResult",
    "Check",
    "CheckPair",
    "KeepRate",
    "KeptPositions",
    "NullArm",
    "Progress",
    "PromptTokens",
    "Reply",
    "SEARCHED",
    "SeedResult",
    "Verdict",
]


ARMS = 3
"""The most times one conversation is generated: uncompressed, compressed, and uncompressed under a harmless change."""

Progress = Callable[[str, int, int], None]
"""Called with a label, what is done and what there is to do."""

SEARCHED = -1
"""The ``order_index`` of an arrangement that a search came by."""

KeptPositions = tuple[tuple[tuple[int, ...], ...], ...]
"""By compressible layer, by KV head, the kept token positions."""


class Verdict(str, Enum):
    """What became of one instruction under one probe, policy and ratio."""

    HELD = "HELD"
    LOST = "LOST"
    LEAKED = "LEAKED"
    UNSTABLE = "UNSTABLE"
    UNMET = "UNMET"
    ERROR = "ERROR"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Check:
    """One rule applied to one reply.

    Attributes:
        rule: the rule's name as written in the contract, e.g. ``contains``.
        holds: True when the reply obeys (for a leak rule: when nothing leaked).
        expected: what was asked, short, e.g. ``contains '9:30'``.
        observed: what was found, short, e.g. ``'9:30' is not in the reply``.
        leak: True for rules that watch for a leak.
    """

    rule: str
    holds: bool
    expected: str
    observed: str
    leak: bool = False


@dataclass(frozen=True)
class Reply:
    """One generated turn.

    Attributes:
        text: decoded without special tokens.
        token_ids: generated ids, stop token included.
        stopped: ``stop`` (a stop id was produced) or ``length`` (the cap was hit).
        logprobs: of every token; empty where the backend does not tell.
    """

    text: str
    token_ids: tuple[int, ...]
    stopped: str
    logprobs: TokenLogprobs = ()


@dataclass(frozen=True)
class KeepRate:
    """Share of KV heads that kept a token, mean over the tokens of a span.

    Attributes:
        by_layer: one share in 0..1 for every layer the policy compressed.
        tokens: how many tokens the span has.
    """

    by_layer: tuple[float, ...]
    tokens: int

    @property
    def mean(self) -> float:
        """Mean over layers, 0..1."""
        return sum(self.by_layer) / len(self.by_layer)


@dataclass(frozen=True)
class PromptTokens:
    """The tokens of a compressed region, in order.

    Attributes:
        pieces: the text of each; joined, they are the rendered region.
        owners: the instruction each belongs to, None for the frame.
    """

    pieces: tuple[str, ...]
    owners: tuple[str | None, ...]


@dataclass(frozen=True)
class CacheReport:
    """What compression did to the cache of one context, measured on the cache itself.

    Attributes:
        requested_ratio: as the user wrote it, e.g. ``0.5``.
        entries_before, entries_after: KV entries over all compressible layers and heads.
        bytes_before, bytes_after: bytes of keys and values over *all* layers.
        notes: what the reader must know (a shrunk window, layers left alone).
    """

    requested_ratio: str
    entries_before: int
    entries_after: int
    bytes_before: int
    bytes_after: int
    notes: tuple[str, ...] = ()

    @property
    def achieved_ratio(self) -> float:
        """Fraction of the compressible entries that was removed."""
        return 1 - self.entries_after / self.entries_before


@dataclass(frozen=True)
class Arm:
    """One conversation, run to its end under one policy (or none).

    Attributes:
        replies: one per user turn; checks read the last, leak detectors all of them.
        cache: None for the uncompressed arm.
        keep_rates: by instruction id; empty for the uncompressed arm.
        kept: positions kept by every compressible layer and KV head of the last turn's context, ascending.
        prompt: the tokens that ``kept`` speaks of; None where the backend does not say.
        traces: one per turn; empty where none was asked for.
        seconds: what each turn took; empty where that was not asked for.
        notes: what the reader must know of the run.
    """

    replies: tuple[Reply, ...]
    cache: CacheReport | None = None
    keep_rates: Mapping[str, KeepRate] = field(default_factory=dict)
    kept: KeptPositions = ()
    prompt: PromptTokens | None = None
    traces: tuple[TurnTrace, ...] = ()
    seconds: tuple[StageSeconds, ...] = ()
    notes: tuple[str, ...] = ()

    def distance_to(self, other: Arm | None) -> Distance | None:
        """How far another run of the conversation is from this one; None where probabilities are not known."""
        replies = [[reply.logprobs for reply in arm.replies] for arm in (self, other) if arm is not None]
        return measure_distance(*replies) if len(replies) == 2 else None

    @property
    def text(self) -> str:
        """The last reply's text."""
        return self.replies[-1].text

    @property
    def reply_tokens(self) -> int:
        """Generated tokens over all turns."""
        return sum(len(reply.token_ids) for reply in self.replies)

    @property
    def is_capped(self) -> bool:
        """Whether some reply was cut off."""
        return any(reply.stopped == "length" for reply in self.replies)


@dataclass(frozen=True)
class NullArm:
    """The uncompressed conversation once more, under a harmless change.

    Attributes:
        change: what was changed, e.g. ``bfloat16``.
        arm: how it went.
    """

    change: str
    arm: Arm


@dataclass(frozen=True)
class CheckPair:
    """The same rule on both arms.

    Attributes:
        baseline: the uncompressed arm's check.
        compressed: the other arm's; None when no policy was given.
        null: the rule on the null arm; None where that was not run, which it is only for what is lost.
        floor: share of degenerate replies that obey the rule, 0..1; None where it is not known, or means nothing,
            as for leaks.
    """

    baseline: Check
    compressed: Check | None
    null: Check | None = None
    floor: float | None = None

    @property
    def verdict(self) -> Verdict:
        """What became of this rule; without a compressed arm, whether the uncompressed model obeys."""
        if not self.baseline.holds:
            return Verdict.UNMET
        if self.compressed is None or self.compressed.holds:
            return Verdict.HELD
        if self.null is not None and not self.null.holds:
            return Verdict.UNSTABLE
        return Verdict.LEAKED if self.compressed.leak else Verdict.LOST


@dataclass(frozen=True)
class CaseId:
    """The coordinates of one pytest item.

    Attributes:
        contract: the contract's name.
        probe, instruction: ids within the contract.
        cell: the setting it runs under.
        order: instruction ids in the order they were rendered.
        order_index: 0 for the written order, 1.. for sampled ones, ``SEARCHED`` for one that a search came by.
    """

    contract: str
    probe: str
    instruction: str
    cell: Cell
    order: tuple[str, ...]
    order_index: int = 0

    @property
    def record(self) -> dict[str, Any]:
        """The coordinates as plain values."""
        ids = {"contract": self.contract, "probe": self.probe, "instruction": self.instruction}
        return {**ids, **self.cell.record, "order": list(self.order), "order_index": self.order_index}


@dataclass(frozen=True)
class SeedResult:
    """What one seed gave.

    Attributes:
        seed: None when decoding was greedy.
        checks: every rule on both arms.
        baseline_tokens, compressed_tokens: reply lengths; the latter None without a compressed arm.
        baseline_capped, compressed_capped: whether a reply was cut off.
    """

    seed: int | None
    checks: tuple[CheckPair, ...]
    baseline_tokens: int
    compressed_tokens: int | None
    baseline_capped: bool = False
    compressed_capped: bool = False

    @cached_property
    def held(self) -> tuple[tuple[bool, bool], ...]:
        """Whether each rule holds on both arms; empty without a compressed arm."""
        return tuple((pair.baseline.holds, pair.compressed.holds) for pair in self.checks if pair.compressed)


@dataclass(frozen=True)
class CaseResult:
    """One pytest item's outcome with all its evidence.

    Attributes:
        checks: every rule on both arms; of sampled replies, those of the seed that is shown.
        baseline, compressed: the arms that are shown; None where one could not run.
        reason: one line; empty when the instruction held.
        null: the null arm; None where it was not run.
        seed: of the replies that are shown; None when decoding was greedy.
        by_seed: one entry per seed, in order; empty when decoding was greedy.
    """

    case: CaseId
    verdict: Verdict
    checks: tuple[CheckPair, ...]
    baseline: Arm | None
    compressed: Arm | None
    reason: str
    null: NullArm | None = None
    seed: int | None = None
    by_seed: tuple[SeedResult, ...] = ()

    @cached_property
    def replies(self) -> tuple[SeedResult, ...]:
        """Every pair of replies: one per seed, or the greedy one; none where an arm could not run."""
        if self.by_seed or self.baseline is None:
            return self.by_seed
        compressed = None if self.compressed is None else self.compressed.reply_tokens
        capped = self.baseline.is_capped, self.compressed is not None and self.compressed.is_capped
        return (SeedResult(self.seed, self.checks, self.baseline.reply_tokens, compressed, *capped),)

    @cached_property
    def distance(self) -> Distance | None:
        """Of the compressed arm from the uncompressed one; None where it is not known, and for drawn replies."""
        return None if self.by_seed or self.baseline is None else self.baseline.distance_to(self.compressed)

    @cached_property
    def noise(self) -> Distance | None:
        """The same of the null arm; None where that was not run."""
        if self.by_seed or self.baseline is None or self.null is None:
            return None
        return self.baseline.distance_to(self.null.arm)
