"""A kernel reads caches of ours at every block boundary, and past 512, 1024 and 4096 tokens, as eager attention."""

from __future__ import annotations

from transformers import PreTrainedModel

from kvguard_policies.hf_cache import CompactCache, RaggedCache
from pytest_kvguard.invariants.arms import context_of, evicted, feed_rows
from pytest_kvguard.invariants.differences import FLOAT32, difference
from pytest_kvguard.invariants.kernel_runs import check_kernel
from pytest_kvguard.invariants.pieces import PIECES, cut, eager_answer, feed_pieces
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer
from pytest_kvguard.invariants.violation import NotApplicable, Violation
from pytest_kvguard.models.kernels import takes_mask

__all__ = ["BOUNDARIES", "find"]

BOUNDARIES = (16, 32, 64, 128, 256, 512)
CROSSING, MOST_LAYERS = -24, 4
ROWS, ROW_PIECES = 8, (1, 7, 1)
LENGTHS = (*(edge + by for edge in BOUNDARIES for by in (CROSSING, -1, 0, 1) if edge + by > 0), 1025, 2065, 4097)
"""Around the block sizes of kernels, and so that one call crosses a boundary; past the splits of long caches; past 128
blocks of 16."""


def find(subject: Subject) -> Violation | None:
    """Return the first length at which tokens fed after a context are answered differently, or None.

    All lengths are prefixes of one sequence, so one reference serves.
    """
    check_kernel(subject.kernel)
    if not takes_mask(subject.kernel):
        raise NotApplicable(f"{subject.kernel} does not take a 4D mask, which a compressed cache needs")
    model = _small_model(subject)
    ids = context_of(model, max(LENGTHS) + sum(PIECES))
    expected = eager_answer(model, ids)
    contexts = [evicted(model, ids[:tokens], None, subject.ratio, subject.kernel) for tokens in LENGTHS]
    for tokens, context in zip(LENGTHS, contexts, strict=True):
        answer = feed_pieces(model, context, cut(ids[tokens:]), subject.kernel)
        where = f"{tokens} tokens, then {', '.join(map(str, PIECES))} fed"
        reference = expected.tokens(tokens, tokens + sum(PIECES))
        if violation := difference(answer, reference, FLOAT32, where, tokens):
            return violation
    return _wrong_row(model, contexts[-ROWS:], ids, expected, subject.kernel)


def _wrong_row(
    model: PreTrainedModel, contexts: list[CompactCache], ids: list[int], expected: Answer, kernel: str
) -> Violation | None:
    """Return the first wrong row of a batch of contexts, whose buffers hold tens of thousands of entries."""
    starts = [context.seen_tokens for context in contexts]
    cache = RaggedCache.of(contexts, kernel)
    for size in ROW_PIECES:
        answers = feed_rows(model, cache, [ids[start : start + size] for start in starts], starts)
        for row, (answer, start) in enumerate(zip(answers, starts, strict=True)):
            where = f"row {row} of contexts of {', '.join(map(str, LENGTHS[-ROWS:]))} tokens"
            if violation := difference(answer, expected.tokens(start, start + size), FLOAT32, where, start):
                return violation
        starts = [start + size for start in starts]
    return None


def _small_model(subject: Subject) -> PreTrainedModel:
    """Return the model if it is small and does not slide, else one layer of its heads, for 4,186 tokens to be cheap."""
    model = subject.source.model()
    config = model.config.get_text_config()
    slides = "sliding_attention" in (getattr(config, "layer_types", None) or ())
    return subject.source.one_layer() if slides or config.num_hidden_layers > MOST_LAYERS else model
