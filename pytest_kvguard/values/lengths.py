"""Reply lengths, in pairs of arms and summarized."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LengthPair", "LengthSummary"]


@dataclass(frozen=True)
class LengthPair:
    """The generated tokens of one conversation on both arms.

    Attributes:
        baseline, compressed: tokens; in a control pair both are of the uncompressed model.
        baseline_capped, compressed_capped: whether a reply was cut off.
    """

    baseline: int
    compressed: int
    baseline_capped: bool = False
    compressed_capped: bool = False


@dataclass(frozen=True)
class LengthSummary:
    """How compression changed the reply lengths of many conversations.

    Attributes:
        replies: number of pairs with a baseline of one token or more; all other fields but the last three count these.
        ratio: sum of compressed over sum of uncompressed tokens; None without pairs.
        quantiles: of the pairs' ratios, at 10, 50 and 90 %; empty without pairs.
        longer, shorter: number of pairs with at least 3/2, or at most 2/3 of the tokens.
        zero_baselines: number of pairs whose baseline is empty.
        baseline_caps, compressed_caps: number of pairs in which a reply was cut off, by arm.
    """

    replies: int
    ratio: float | None
    quantiles: tuple[float, ...]
    longer: int
    shorter: int
    zero_baselines: int = 0
    baseline_caps: int = 0
    compressed_caps: int = 0

    @property
    def longer_share(self) -> float | None:
        """Share of pairs in which the compressed reply is longer, 0..1; None without pairs."""
        return self.longer / self.replies if self.replies else None
