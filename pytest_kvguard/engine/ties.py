"""Batch invariance: call sizes that give it on this machine, and near ties that are decided alone where none does."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

import torch
from transformers import PreTrainedModel

from kvguard_policies.attention import ragged_attention
from kvguard_policies.compact import PackedLayer
from kvguard_policies.compression import compress, prefill
from pytest_kvguard.engine.batch import CALL_SIZES, Batch, CallSize
from pytest_kvguard.engine.logit_trace import LogitTrace
from pytest_kvguard.engine.row import Row
from pytest_kvguard.engine.sampling import NO_TOKEN

__all__ = ["TIE_MARGINS", "must_run_alone", "next_token_alone", "safe_call_size", "tie_margin"]

TIE_MARGINS = MappingProxyType({torch.float32: 1e-3, torch.float16: 0.06, torch.bfloat16: 0.5})
"""The margin of a tie by the model's dtype, where the other rows of a batch change the last bits of a row."""

CONTEXTS = (24, 100)
"""Lengths of the contexts with which batch invariance is tried out."""

BATCH_SHAPES = ((24, 2), (120, 1), (40, 13))
"""Numbers of rows, and of tokens fed to each, with which batch invariance is tried out."""

MOST_LOGITS = 32


def tie_margin(model: PreTrainedModel) -> float:
    """Return the margin below which the two best logits of a row are a tie, for this model's dtype."""
    return TIE_MARGINS.get(model.dtype, max(TIE_MARGINS.values()))


@lru_cache(maxsize=8)
@torch.no_grad()
def safe_call_size(model: PreTrainedModel, kernel: str) -> CallSize | None:
    """Return a call size at which this machine computes a row to the same bits alone and in large batches.

    Which sizes do depends on the processor's instructions, the dtype and the number of threads, so they are tried out,
    once per model. None means that no size in ``CALL_SIZES`` does.
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
        with ragged_attention(model, kernel):
            batch.join(rows)
            batch.step()
        return [_bits(row) for row in rows]

    def is_safe(size: CallSize) -> bool:
        alone = len(contexts)
        return all(answers(count, fed, size)[:alone] == answers(alone, fed, size) for count, fed in BATCH_SHAPES)

    return next(filter(is_safe, CALL_SIZES), None)


def _tokens(count: int, vocabulary: int, first: int = 0) -> tuple[int, ...]:
    return tuple((17 + 31 * (first + n)) % vocabulary for n in range(count))


def _bits(row: Row) -> tuple[bytes, bytes]:
    assert row.trace is not None
    seen = row.trace.result()
    return seen.values.tobytes(), seen.log_sums.tobytes()


def must_run_alone(row: Row) -> bool:
    """Return whether a row must be decoded alone from the start, because its cache at an earlier step is not kept."""
    return row.holder is not None or any(isinstance(layer, PackedLayer) for layer in row.cache.layers)


def next_token_alone(batch: Batch, row: Row) -> int:
    """Return the next token of a row, computed from its context and its tokens so far, in a batch of its own."""
    duplicate = Row(row.cache, (*row.fed, *row.generated), 1)
    alone = Batch(batch.model, batch.kernel, frozenset(), batch.size)
    alone.join([duplicate])
    alone.step()
    return duplicate.generated[0] if duplicate.generated else NO_TOKEN
