"""The change of reply lengths under compression, pair by pair, because an average hides replies that grow or shrink.

Source: Rethinking Key-Value Cache Compression Techniques for LLM Serving, arXiv:2503.24000. Differs: shorter is the
mirror image of longer (2/3 against 3/2), so that lengths that only scatter give both equally often.
"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_kvguard.values.lengths import LengthPair, LengthSummary

__all__ = ["LONGER", "QUANTILES", "summarize_lengths"]

LONGER = (3, 2)
"""A reply is longer if it has at least 3/2 of the tokens, shorter if it has at most 2/3."""

QUANTILES = (0.1, 0.5, 0.9)


def summarize_lengths(pairs: Sequence[LengthPair]) -> LengthSummary:
    """Return the summary of pairs; a pair with an empty baseline has no ratio and is counted apart."""
    from numpy import quantile  # here, because collection imports this module and should not load numpy

    measured = [pair for pair in pairs if pair.baseline]
    much, little = LONGER
    ratios = [pair.compressed / pair.baseline for pair in measured]
    total = sum(pair.baseline for pair in measured)
    return LengthSummary(
        replies=len(measured),
        ratio=sum(pair.compressed for pair in measured) / total if total else None,
        quantiles=tuple(float(value) for value in quantile(ratios, QUANTILES)) if ratios else (),
        longer=sum(pair.compressed * little >= pair.baseline * much for pair in measured),
        shorter=sum(pair.compressed * much <= pair.baseline * little for pair in measured),
        zero_baselines=len(pairs) - len(measured),
        baseline_caps=sum(pair.baseline_capped for pair in pairs),
        compressed_caps=sum(pair.compressed_capped for pair in pairs),
    )
