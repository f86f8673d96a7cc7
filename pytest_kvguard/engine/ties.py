"""Near-ties: whether a row's last bits depend on its batch mates here, and who decides where they do."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

import torch
from transformers import PreTrainedModel

from kvguard_policies.compact import PackedLayer
from kvguard_policies.compression import compress, prefill
from kvguard_policies.kernel import ragged_attention
from pytest_kvguard.engine.batch import CALL_SIZES, Batch, CallSize
from pytest_kvguard.engine.logit_trace import LogitTrace
from pytest_kvguard.engine.row import Row

__all__ = ["TIE_MARGINS", "decided_alone", "must_be_alone", "safe_call_size", "tie_margin"]

TIE_MARGINS = MappingProxyType({torch.float32: 1e-3, torch.float16: 0.06, torch.bfloat16: 0.5})
"""Where batch mates change a row's last bits, two best logits closer than this are a tie; by the model's dtype."""

CONTEXTS = (24, 100)
COMPANIES = ((24, 2), (120, 1), (40, 13))
"""Rows side by side, and tokens each is fed, when it is looked whether company changes anything."""

MOST_LOGITS = 32


def tie_margin(model: PreTrainedModel) -> float:
    """Return how close the two best logits must be for a row to be asked alone, where company changes its bits."""
    return TIE_MARGINS.get(model.dtype, max(TIE_MARGINS.values()))


@lru_cache(maxsize=8)
@torch.no_grad()
def safe_call_size(model: PreTrainedModel, kernel: str) -> CallSize | None:
    """Return a size of calls within which this machine computes a row to the same bits alone and in large batches.

    Which sizes these are depends on the processor's instructions, the dtype and the number of threads; it is tried out
    once per model. None where no known size is safe.
    """
    vocabulary = model.config.get_text_config().vocab_size
    contexts = [compress(prefill(model, _tokens(n, vocabulary), kernel=kernel), None, Fraction(0)) for n in CONTEXTS]

    def answers(count: int, fed: int, size: CallSize) -> list[tuple[bytes, bytes]]:
        rows = [
            Row(
                contexts[n % len(contexts)],
                _tokens(fed, vocabulary, n // len(contexts)),
                1,
                trace=LogitTrace(MOST_LOGITS),
            )
            for n in range(count)
        ]
        batch = Batch(model, kernel, frozenset(), size)
        with ragged_attention(model):
            batch.join(rows)
            batch.step()
        return [_bits(row) for row in rows]

    def is_safe(size: CallSize) -> bool:
        alone = len(contexts)
        return all(answers(count, fed, size)[:alone] == answers(alone, fed, size) for count, fed in COMPANIES)

    return next(filter(is_safe, CALL_SIZES), None)


def _tokens(count: int, vocabulary: int, first: int = 0) -> tuple[int, ...]:
    return tuple((17 + 31 * (first + n)) % vocabulary for n in range(count))


def _bits(row: Row) -> tuple[bytes, bytes]:
    assert row.trace is not None
    seen = row.trace.result()
    return seen.values.tobytes(), seen.log_sums.tobytes()


def must_be_alone(row: Row) -> bool:
    """Whether a row cannot be asked alone in the middle of its reply, because what it held before is gone."""
    return row.holder is not None or any(isinstance(layer, PackedLayer) for layer in row.cache.layers)


def decided_alone(batch: Batch, row: Row) -> int:
    """Return the token that a row says next, computed from its context and its tokens so far, without company."""
    twin = Row(row.cache, (*row.fed, *row.generated), 1)
    alone = Batch(batch.model, batch.kernel, frozenset(), batch.size)
    alone.join([twin])
    alone.step()
    return twin.generated[0]
