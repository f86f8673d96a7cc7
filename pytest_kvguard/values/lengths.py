"""Frozen values that say how long replies are and how that changed."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LengthPair", "LengthSummary"]


@dataclass(frozen=True)
class LengthPair:
    """Generated tokens of one conversation on both arms.

    Attributes:
        baseline, compressed: tokens; for a control, the second is the uncompressed model's once more.
        baseline_capped, compressed_capped: whether a reply was cut off.
    """

    baseline: int
    compressed: int
    baseline_capped: bool = False
    compressed_capped: bool = False


@dataclass(frozen=True)
class LengthSummary:
    """How the lengths of many conversations changed.

    Attributes:
        replies: pairs with a baseline of one token or more; the shares are of these.
        ratio: compressed over uncompressed tokens, of their sums; None without pairs.
        quantiles: of the pairs' ratios, at 10, 50 and 90 %; empty without pairs.
        longer, shorter: pairs with at least 3/2, at most 2/3 of the tokens.
        zero_baselines: pairs whose baseline is empty.
        baseline_caps, compressed_caps: pairs in which a reply was cut off, by arm.
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
        """Share of pairs that became longer, 0..1; None without pairs."""
        return self.longer / self.replies if self.replies else None
