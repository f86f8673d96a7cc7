"""Small recordings, written by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy

from pytest_kvguard.golden.recording import RecordedTurn, Recording, kept_mask
from pytest_kvguard.values.traces import TopLogits

HERE = {"weights": "abc", "dtype": "float32", "torch": "2.13", "threads": "1", "kernel": "sdpa"}
ELSEWHERE = {**HERE, "torch": "2.14"}

KEPT = (((0, 1, 2, 5, 7), (0, 3, 4, 5, 7)), ((0, 1, 2, 3, 7), (1, 2, 3, 4, 5)))
"""2 layers of 2 KV heads, of 8 tokens."""


def logits(*rows: tuple[tuple[int, float], ...]) -> TopLogits:
    """Return the highest logits of as many tokens as there are rows of (id, logit)."""
    ids, values = (numpy.array([[pair[part] for pair in row] for row in rows]) for part in (0, 1))
    sums = numpy.log(numpy.exp(values).sum(1) + 1)
    return TopLogits(ids.astype(numpy.int32), values.astype(numpy.float32), sums.astype(numpy.float32))


LOGITS = logits(((4, 3.0), (9, 2.9), (2, 1.0)), ((7, 5.0), (4, 1.0), (3, 0.5)))

REPORTS = {
    "entries before": 32,
    "bytes before": 2048,
    "achieved ratio": 0.375,
    "error of quantized keys": 0.08,
    "keep rate of hours": 0.7,
}


def turn(**changes: Any) -> RecordedTurn:
    """Return a turn whose reply is the tokens 4 and 7."""
    usual = RecordedTurn(
        (4, 7), "at nine", tuple(range(100, 110)), kept_mask(KEPT, 8), 20, 1280, LOGITS, reports=REPORTS
    )
    return replace(usual, **changes)


def recording(*turns: RecordedTurn, environment: dict[str, str] = HERE, **verdicts: str) -> Recording:
    """Return a recording of one conversation, called talk."""
    return Recording({"talk": turns or (turn(),)}, verdicts or {"hours": "HELD"}, environment)


def with_swap(layer: int, head: int, evicted: int, kept: int) -> RecordedTurn:
    """Return the usual turn, in which one head kept another token."""
    mask = kept_mask(KEPT, 8)
    mask[layer, head, evicted], mask[layer, head, kept] = False, True
    return turn(kept=mask)
