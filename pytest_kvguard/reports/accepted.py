"""How a run compares with its accepted losses, from the records of its cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["acceptance_totals", "newly_failed", "totals_line"]

Record = dict[str, Any]
STANDINGS = ("new", "accepted", "recovered")


def acceptance_totals(cases: Sequence[Record]) -> dict[str, int] | None:
    """Return the number of cases by standing, and of those whose entry has lapsed; None without accepted losses."""
    compared = [case["acceptance"] for case in cases if case.get("acceptance")]
    if not compared:
        return None
    counts = Counter(record["standing"] for record in compared)
    totals = {standing: counts[standing] for standing in STANDINGS}
    return {**totals, "lapsed": sum(bool(record["lapsed"]) for record in compared)}


def totals_line(totals: Mapping[str, int]) -> str:
    """Return the totals in words."""
    words = [f"{totals[standing]} {standing}" for standing in STANDINGS]
    return ", ".join([*words, *([f"{totals['lapsed']} lapsed"] if totals["lapsed"] else [])])


def newly_failed(cases: Sequence[Record]) -> Iterator[Record]:
    """Yield the cases that are newly lost or leaked."""
    yield from (case for case in cases if (case.get("acceptance") or {}).get("standing") == "new")
