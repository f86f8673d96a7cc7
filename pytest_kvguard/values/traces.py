"""What a turn was computed from and with, as goldens hold it. Frozen values; no torch, no pytest, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

__all__ = ["StageSeconds", "TopLogits", "TurnTrace"]


@dataclass(frozen=True)
class StageSeconds:
    """What a turn took: the processor's time where the model runs on one, else the clock's.

    Attributes:
        prefill: of its context; shared by everything that is made of that in the same call.
        compress: of compressing it, or copying it for an uncompressed turn.
        decode: the reply's share of its batch, by tokens; the batch is of one policy and ratio.
    """

    prefill: float
    compress: float
    decode: float


@dataclass(frozen=True, eq=False)
class TopLogits:
    """The highest logits of every token of a reply.

    Attributes:
        ids: (N, K) int32, token ids, most likely first.
        values: (N, K) float32, their logits.
        log_sums: (N,) float32, log of the sum of exp over the whole vocabulary.
    """

    ids: NDArray[numpy.int32]
    values: NDArray[numpy.float32]
    log_sums: NDArray[numpy.float32]


@dataclass(frozen=True, eq=False)
class TurnTrace:
    """One turn, beside its reply.

    Attributes:
        prompt_ids: the whole prompt.
        entries, cache_bytes: what the cache held when the reply began, measured on it.
        kept: positions kept by every compressible layer and KV head; empty for an uncompressed turn.
        logits: None where they were not noted.
    """

    prompt_ids: tuple[int, ...]
    entries: int
    cache_bytes: int
    kept: tuple[tuple[tuple[int, ...], ...], ...] = ()
    logits: TopLogits | None = None
