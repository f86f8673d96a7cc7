"""Frozen values that cross layers and processes. No torch, no pytest, no I/O.

"Baseline" is the uncompressed arm, "compressed" the arm under a policy; both are made by the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

__all__ = [
    "Arm",
    "CacheReport",
    "CaseId",
    "CaseResult",
    "Check",
    "CheckPair",
    "KeepRate",
    "KeptPositions",
    "NO_POLICY",
    "Progress",
    "Reply",
    "Verdict",
]


NO_POLICY = "none"
"""The policy of the uncompressed arm."""

Progress = Callable[[str, int, int], None]
"""Called with a label, what is done and what there is to do."""

KeptPositions = tuple[tuple[tuple[int, ...], ...], ...]
"""By compressible layer, by KV head, the kept token positions."""


class Verdict(str, Enum):
    """What became of one instruction under one probe, policy and ratio."""

    HELD = "HELD"
    LOST = "LOST"
    LEAKED = "LEAKED"
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
    """

    text: str
    token_ids: tuple[int, ...]
    stopped: str


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
    """

    replies: tuple[Reply, ...]
    cache: CacheReport | None = None
    keep_rates: Mapping[str, KeepRate] = field(default_factory=dict)
    kept: KeptPositions = ()

    @property
    def text(self) -> str:
        """The last reply's text."""
        return self.replies[-1].text

    @property
    def reply_tokens(self) -> int:
        """Generated tokens over all turns."""
        return sum(len(reply.token_ids) for reply in self.replies)


@dataclass(frozen=True)
class CheckPair:
    """The same rule on both arms.

    Attributes:
        baseline, compressed: the uncompressed arm's check and the other's; None when no policy was given.
        floor: share of degenerate replies that obey the rule, 0..1; None where it is not known, or means nothing,
            as for leaks.
    """

    baseline: Check
    compressed: Check | None
    floor: float | None = None

    @property
    def verdict(self) -> Verdict:
        """What became of this rule; without a compressed arm, whether the uncompressed model obeys."""
        if not self.baseline.holds:
            return Verdict.UNMET
        if self.compressed is None or self.compressed.holds:
            return Verdict.HELD
        return Verdict.LEAKED if self.compressed.leak else Verdict.LOST


@dataclass(frozen=True)
class CaseId:
    """The coordinates of one pytest item.

    Attributes:
        contract: the contract's name.
        probe, instruction: ids within the contract.
        policy: canonical spec string, or ``none``.
        ratio: as the user wrote it; ``0`` without a policy.
        kernel: attention kernel, e.g. ``sdpa``.
        order: instruction ids in the order they were rendered.
        order_index: 0 for the written order, 1.. for sampled ones.
    """

    contract: str
    probe: str
    instruction: str
    policy: str
    ratio: str
    kernel: str
    order: tuple[str, ...]
    order_index: int = 0


@dataclass(frozen=True)
class CaseResult:
    """One pytest item's outcome with all its evidence."""

    case: CaseId
    verdict: Verdict
    checks: tuple[CheckPair, ...]
    baseline: Arm | None
    compressed: Arm | None
    reason: str
