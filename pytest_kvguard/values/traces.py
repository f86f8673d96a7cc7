"""The trace of a turn, as goldens store it: prompt, cache, kept positions, logits and time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

__all__ = ["StageSeconds", "TopLogits", "TurnTrace"]


@dataclass(frozen=True)
class StageSeconds:
    """The time of each stage of a turn, in seconds: processor time for a model on the CPU, else wall-clock time.

    Attributes:
        prefill: time of the context's prefill, which all turns on that context share within a call.
        compress: time to compress the context, or to copy it for an uncompressed turn.
        decode: the reply's share, by tokens, of the time of its batch; all rows have one policy and ratio.
    """

    prefill: float
    compress: float
    decode: float


@dataclass(frozen=True, eq=False)
class TopLogits:
    """The highest logits at every token of a reply.

    Attributes:
        ids: (N, K) int32, token ids, most likely first.
        values: (N, K) float32, their logits.
        log_sums: (N,) float32, log of the sum of exp over the whole vocabulary.
    """

    ids: NDArray[numpy.int32]
    values: NDArray[numpy.float32]
    log_sums: NDArray[numpy.float32]

    @property
    def are_finite(self) -> bool:
        """Whether no number is NaN or infinite."""
        import numpy  # here, because collecting contracts imports this module and should not load numpy

        return bool(numpy.isfinite(self.values).all() and numpy.isfinite(self.log_sums).all())


@dataclass(frozen=True, eq=False)
class TurnTrace:
    """How a reply was computed.

    Attributes:
        prompt_ids: token ids of the whole prompt.
        entries, cache_bytes: size of the cache at the start of the reply, measured on the cache.
        kept: positions kept by every compressible layer and KV head; empty for an uncompressed turn.
        logits: None if they were not recorded.
        reports: the figures that are reported of the turn's cache, by name; empty for an uncompressed turn.
    """

    prompt_ids: tuple[int, ...]
    entries: int
    cache_bytes: int
    kept: tuple[tuple[tuple[int, ...], ...], ...] = ()
    logits: TopLogits | None = None
    reports: Mapping[str, float] = field(default_factory=dict)
