"""A comparison on the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_kvguard.reports.comparison.compare import UNCHANGED, Comparison
from pytest_kvguard.reports.comparison.wording import (
    change_words,
    item_name,
    reach_words,
    run_name,
    smallest_words,
    verdicts,
)
from pytest_kvguard.reports.printable import printable

__all__ = ["comparison_text"]

MOST_ITEMS = 50
"""How many items of a group are listed."""


def comparison_text(comparison: Comparison) -> str:
    """Return the comparison as text, in printable form."""
    return printable("\n".join(_lines(comparison)))


def _lines(comparison: Comparison) -> Iterator[str]:
    yield f"before  {run_name(comparison.before)}"
    yield f"after   {run_name(comparison.after)}"
    for warning in comparison.warnings:
        yield f"warning: {warning}"
    yield from _facts(comparison)
    for note in comparison.pairing.notes:
        yield f"note: {note}"
    for group, pairs in comparison.groups.items():
        if pairs and group != UNCHANGED:
            yield ""
            yield f"{group} ({len(pairs)})"
            yield from (
                f"  {verdicts(pair):15} {item_name(pair, not comparison.has_one_cell)}" for pair in pairs[:MOST_ITEMS]
            )
            if len(pairs) > MOST_ITEMS:
                yield f"  and {len(pairs) - MOST_ITEMS} more; --json and --html have them all"
    yield from _moved(comparison)
    yield ""
    yield from _verdict(comparison)


def _facts(comparison: Comparison) -> Iterator[str]:
    for change in comparison.facts:
        yield f"{change.fact.kind}: {change.fact.name} {change.before} → {change.after}"


def _moved(comparison: Comparison) -> Iterator[str]:
    if comparison.moved or comparison.gates:
        yield ""
        yield "moved"
    yield from (f"  {gate}" for gate in comparison.gates)
    for figure in comparison.moved:
        name = figure.name if comparison.has_one_cell or not figure.part else f"{figure.part}: {figure.name}"
        yield f"  {name} {figure.written(figure.before)} → {figure.written(figure.after)}"


def _verdict(comparison: Comparison) -> Iterator[str]:
    items = len(comparison.pairing.pairs)
    yield f"{comparison.direction}: {items} items in both runs, {comparison.new_losses} newly lost"
    for part, change in comparison.changes.items():
        yield f"  {part}: {change.direction}; {change_words(change)}; {reach_words(change)}"
    for change in list(comparison.changes.values())[:1]:
        yield f"  ({smallest_words(change)})"
