"""The figures of paired cells that may move without a verdict: tokens kept, lengths, distances, bytes, replies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from pytest_kvguard.reports.comparison.pairing import ItemPair, without_digests
from pytest_kvguard.reports.comparison.run_files import Run

__all__ = ["Figure", "cell_figures", "run_figures"]

Record = Mapping[str, Any]
Measure = Callable[[Record], float | None]


@dataclass(frozen=True)
class Figure:
    """One figure of both runs.

    Attributes:
        part: the cell, or empty for the run.
        name: what is measured.
        before, after: means over what was measured in both runs.
        unit: ``%``, ``MiB``, ``tokens``, ``nats``, ``s`` or empty.
        count: over how many items or conversations.
    """

    part: str
    name: str
    before: float
    after: float
    unit: str
    count: int

    @property
    def has_moved(self) -> bool:
        """Whether the two differ as they are shown."""
        return self.written(self.before) != self.written(self.after)

    def written(self, value: float) -> str:
        """Return one of the values with its unit."""
        if self.unit == "%":
            return f"{100 * value:.1f} %"
        return f"{value:.4g} {self.unit}".rstrip() if abs(value) < 10_000 else f"{value:.0f} {self.unit}".rstrip()


def cell_figures(label: str, pairs: Sequence[ItemPair]) -> Iterator[Figure]:
    """Yield the figures of one pair of cells that both runs measured."""
    conversations = list({(pair.item.prompt, pair.item.probe): pair for pair in pairs}.values())
    yield from _figure(label, "tokens of the instruction kept", "%", pairs, _kept)
    yield from _figure(label, "entries removed", "%", conversations, _of_cache("achieved_ratio"))
    yield from _figure(label, "bytes of a context's cache", "MiB", conversations, _of_cache("bytes_after", 2**-20))
    yield from _figure(label, "length of replies", "tokens", conversations, _length)
    yield from _figure(label, "distance from the uncompressed replies", "nats", conversations, _distance)
    answered = [pair for pair in conversations if _texts(pair.before) and _texts(pair.after)]
    if answered:
        same = sum(_texts(pair.before) == _texts(pair.after) for pair in answered) / len(answered)
        yield Figure(label, "replies equal to the earlier ones", 1.0, same, "%", len(answered))


def run_figures(before: Run, after: Run) -> Iterator[Figure]:
    """Yield the figures of the whole runs."""
    yield Figure("", "time of the run", before.seconds, after.seconds, "s", 1)


def _figure(label: str, name: str, unit: str, pairs: Sequence[ItemPair], measure: Measure) -> Iterator[Figure]:
    values = [
        (measure(pair.before), measure(pair.after))
        for pair in pairs
        if pair.before is not None and pair.after is not None
    ]
    both = [(one, other) for one, other in values if one is not None and other is not None]
    if both:
        before, after = (sum(column) / len(both) for column in zip(*both, strict=True))
        yield Figure(label, name, before, after, unit, len(both))


def _kept(case: Record) -> float | None:
    return case["keep_rate"]["mean"] if case["keep_rate"] else None


def _of_cache(key: str, scale: float = 1.0) -> Measure:
    return lambda case: case["cache"][key] * scale if case["cache"] else None


def _length(case: Record) -> float | None:
    replies = case["compressed"] or case["baseline"]
    return None if replies is None else sum(reply["tokens"] for reply in replies)


def _distance(case: Record) -> float | None:
    distance = case.get("distance")
    mean = distance["compressed"]["mean"] if distance else None
    return mean if isinstance(mean, int | float) and isfinite(mean) else None


def _texts(case: Record | None) -> list[str]:
    replies = case and (case["compressed"] or case["baseline"])
    return [without_digests(reply["text"]) for reply in replies or ()]
