"""The results of a run: replies, arms, checks and verdicts.

"Baseline" is the uncompressed arm, "compressed" the arm under a policy. The same code runs both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from hashlib import blake2b
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
    "Doubt",
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
"""The most runs of one conversation: uncompressed, compressed, and uncompressed under a harmless change."""

Progress = Callable[[str, int, int], None]
"""Called with a label, the number of finished steps and the number of all steps."""

SEARCHED = -1
"""The ``order_index`` of an arrangement from a search."""

KeptPositions = tuple[tuple[tuple[int, ...], ...], ...]
"""The kept token positions, by compressible layer and KV head."""


class Verdict(str, Enum):
    """The outcome of one instruction under one probe and cell."""

    HELD = "HELD"
    LOST = "LOST"
    LEAKED = "LEAKED"
    UNSTABLE = "UNSTABLE"
    UNMET = "UNMET"
    ERROR = "ERROR"

    def __str__(self) -> str:
        return self.value


class Doubt(str, Enum):
    """Why a HELD proves little."""

    UNKEPT = "held at 0 % kept: does this check need the instruction?"
    JUNK = "holds on junk: combine it with a check for content"

    def __str__(self) -> str:
        return self.value


SURE = -0.01
"""The logprob above which a token's probability rounds to 1, so that it is equal under different caches, too."""

NOTHING_KEPT = 0.005
"""The keep rate below which an instruction counts as evicted: it is shown as 0 %."""

MOST_JUNK = 0.5
"""The junk floor from which a check counts as holding on junk."""


@dataclass(frozen=True)
class Check:
    """The result of one rule on one reply.

    Attributes:
        rule: the rule's name in the contract, e.g. ``contains``.
        holds: whether the reply obeys; for a leak detector, whether nothing leaked.
        expected: the rule in a few words, e.g. ``contains '9:30'``.
        observed: the observation in a few words, e.g. ``'9:30' is not in the reply``.
        leak: whether the rule is a leak detector.
        undecided: whether the reply does not tell, e.g. is too short for its language to be known; then ``holds`` is
            False.
    """

    rule: str
    holds: bool
    expected: str
    observed: str
    leak: bool = False
    undecided: bool = False


@dataclass(frozen=True)
class Reply:
    """The reply to one user turn.

    Attributes:
        text: decoded without special tokens.
        token_ids: generated ids, including the stop token.
        stopped: ``stop`` (a stop token was generated) or ``length`` (the cap was reached).
        logprobs: of every token; empty if the backend does not return them.
    """

    text: str
    token_ids: tuple[int, ...]
    stopped: str
    logprobs: TokenLogprobs = ()


@dataclass(frozen=True)
class KeepRate:
    """The share of KV heads that kept a token, mean over the tokens of an instruction span.

    Attributes:
        by_layer: one share in 0..1 per layer that the policy compressed.
        tokens: number of tokens in the span.
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
        pieces: the text of each token; joined, they are the rendered region.
        owners: the instruction of each token, None for the frame.
    """

    pieces: tuple[str, ...]
    owners: tuple[str | None, ...]


@dataclass(frozen=True)
class CacheReport:
    """The size of one context's cache before and after compression, measured on the cache itself.

    Attributes:
        requested_ratio: as the user wrote it, e.g. ``0.5``.
        entries_before, entries_after: KV entries over all compressible layers and heads.
        bytes_before, bytes_after: bytes of keys and values over *all* layers.
        notes: remarks for the reader, e.g. on a shrunk window or on layers that were not compressed.
    """

    requested_ratio: str
    entries_before: int
    entries_after: int
    bytes_before: int
    bytes_after: int
    notes: tuple[str, ...] = ()

    @property
    def achieved_ratio(self) -> float:
        """The fraction of the compressible entries that was removed."""
        return 1 - self.entries_after / self.entries_before


@dataclass(frozen=True)
class Arm:
    """One finished conversation under one policy, or uncompressed.

    Attributes:
        replies: one per user turn; checks read the last, leak detectors all of them.
        cache: None for the uncompressed arm.
        keep_rates: by instruction id; empty for the uncompressed arm.
        kept: positions kept by every compressible layer and KV head of the last turn's context, ascending.
        prompt: the tokens at the positions of ``kept``; None if the backend does not return them.
        traces: one per turn; empty unless the backend records them.
        seconds: one per turn; empty unless the backend measures time.
        notes: remarks on the run for the reader.
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
        """Return the distance to another run of the conversation; None without logprobs."""
        replies = [[reply.logprobs for reply in arm.replies] for arm in (self, other) if arm is not None]
        return measure_distance(*replies) if len(replies) == 2 else None

    @property
    def text(self) -> str:
        """The text of the last reply."""
        return self.replies[-1].text

    @property
    def reply_tokens(self) -> int:
        """Number of generated tokens over all turns."""
        return sum(len(reply.token_ids) for reply in self.replies)

    @cached_property
    def digest(self) -> str:
        """The digest of all replies and logprobs: equal for arms that are equal to the last digit."""
        content = [(reply.text, reply.logprobs) for reply in self.replies]
        return blake2b(repr(content).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    @property
    def unsure_tokens(self) -> int | None:
        """Number of generated tokens whose probability is not almost 1; None if a reply has no logprobs."""
        if not all(reply.logprobs for reply in self.replies):
            return None
        return sum(logprob < SURE for reply in self.replies for _, logprob in reply.logprobs)

    @property
    def is_capped(self) -> bool:
        """Whether a reply was cut off."""
        return any(reply.stopped == "length" for reply in self.replies)


@dataclass(frozen=True)
class NullArm:
    """The uncompressed conversation, run again under a harmless change.

    Attributes:
        change: the harmless change, e.g. ``bfloat16``.
        arm: the finished conversation.
    """

    change: str
    arm: Arm


@dataclass(frozen=True)
class CheckPair:
    """One rule, checked on both arms.

    Attributes:
        baseline: the check on the uncompressed arm.
        compressed: the check on the compressed arm; None without a policy.
        null: the check on the null arm, which runs only for checks that are lost; else None.
        junk_floor: share of degenerate replies that obey the rule, 0..1; None if unknown, and for leak detectors.
    """

    baseline: Check
    compressed: Check | None
    null: Check | None = None
    junk_floor: float | None = None

    @property
    def verdict(self) -> Verdict:
        """The outcome of this rule; without a compressed arm, whether the uncompressed model obeys."""
        if not self.baseline.holds:
            return Verdict.UNMET
        if self.compressed is None or self.compressed.holds:
            return Verdict.HELD
        fails_anyway = self.null is not None and not self.null.holds and not self.null.undecided
        if self.compressed.undecided or fails_anyway:
            return Verdict.UNSTABLE
        return Verdict.LEAKED if self.compressed.leak else Verdict.LOST

    @property
    def is_decided(self) -> bool:
        """Whether neither arm's check is undecided; a pair that is not tells statistics nothing."""
        return not self.baseline.undecided and (self.compressed is None or not self.compressed.undecided)


@dataclass(frozen=True)
class CaseId:
    """The coordinates of one pytest item.

    Attributes:
        contract: the contract's name.
        probe, instruction: ids within the contract.
        cell: the cell that the item runs under.
        order: instruction ids in the order they were rendered.
        order_index: 0 for the written order, 1.. for sampled ones, ``SEARCHED`` for one from a search.
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
    """The result of a case with one seed.

    Attributes:
        seed: None for greedy decoding.
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
    """The outcome of one pytest item with all its evidence.

    Attributes:
        checks: every rule on both arms; for sampled replies, those of the seed that is shown.
        baseline, compressed: the arms that are shown; None for an arm that could not run.
        reason: one line; empty if the verdict is HELD.
        null: the null arm; None if it did not run.
        seed: the seed of the replies that are shown; None for greedy decoding.
        by_seed: one result per seed, in order; empty for greedy decoding.
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
        """One result per seed, or one for greedy decoding; none if an arm could not run."""
        if self.by_seed or self.baseline is None:
            return self.by_seed
        compressed = None if self.compressed is None else self.compressed.reply_tokens
        capped = self.baseline.is_capped, self.compressed is not None and self.compressed.is_capped
        return (SeedResult(self.seed, self.checks, self.baseline.reply_tokens, compressed, *capped),)

    @cached_property
    def doubts(self) -> tuple[Doubt, ...]:
        """Why a HELD proves little; empty for other verdicts."""
        if self.verdict is not Verdict.HELD:
            return ()
        rate = None if self.compressed is None else self.compressed.keep_rates.get(self.case.instruction)
        floors = [pair.junk_floor for pair in self.checks if not pair.baseline.leak]
        unkept = rate is not None and rate.mean < NOTHING_KEPT
        junk = bool(floors) and all(floor is not None and floor >= MOST_JUNK for floor in floors)
        return (Doubt.UNKEPT,) * unkept + (Doubt.JUNK,) * junk

    @cached_property
    def distance(self) -> Distance | None:
        """The distance of the compressed arm from the uncompressed one; None without logprobs and if sampled."""
        return None if self.by_seed or self.baseline is None else self.baseline.distance_to(self.compressed)

    @cached_property
    def noise(self) -> Distance | None:
        """The distance of the null arm from the uncompressed one; None if the null arm did not run."""
        if self.by_seed or self.baseline is None or self.null is None:
            return None
        return self.baseline.distance_to(self.null.arm)
