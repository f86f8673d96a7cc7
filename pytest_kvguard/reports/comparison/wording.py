"""The words of a comparison, the same on the screen, in Markdown and on the page."""

from __future__ import annotations

from pytest_kvguard.reports.comparison.pairing import ItemPair
from pytest_kvguard.reports.comparison.run_files import Run
from pytest_kvguard.stats.run_changes import SIGNIFICANCE_LEVEL, Change

__all__ = ["change_words", "item_name", "reach_words", "run_name", "smallest_words", "verdicts"]


def run_name(run: Run) -> str:
    """Return where a run was read, and when it started."""
    parts = f", {len(run.documents)} parts" if len(run.documents) > 1 else ""
    return f"{run.name} ({run.started.replace('T', ' ')[:16]}{parts})"


def item_name(pair: ItemPair, with_cell: bool) -> str:
    """Return the name of an item: contract, instruction, probe, order, and its cell if there are several."""
    case, item = pair.shown, pair.item
    contract = f"{item.contract} ({item.file})" if item.file else item.contract
    order = [f"order {case['order_index']}"] if case["order_index"] else []
    return " · ".join([contract, item.instruction, item.probe, *order, *([pair.label] if with_cell else [])])


def verdicts(pair: ItemPair) -> str:
    """Return the verdicts of an item in both runs, e.g. ``HELD → LOST``."""
    before, after = (case["verdict"] if case is not None else "" for case in (pair.before, pair.after))
    return " → ".join(dict.fromkeys(filter(None, (before, after))))


def change_words(change: Change) -> str:
    """Return how much the share of checks that hold has changed, with its interval and p-value."""
    if change.size is None:
        return "no check could be compared"
    before, after = change.pairs.uncompressed / change.pairs.checks, change.pairs.compressed / change.pairs.checks
    interval = "" if change.interval is None else f", 95 % {points(change.interval[0])} to {points(change.interval[1])}"
    p_value = f", p {change.p_value:.2g}" if change.p_value is not None and change.p_value < 1 else ""
    size = f"{points(change.size)} point{'s' * (points(change.size)[1:] != '1')}"
    return f"{before:.1%} of {change.pairs.checks} checks held before, {after:.1%} now ({size}{interval}{p_value})"


def reach_words(change: Change) -> str:
    """Return the smallest difference that so many prompts could have shown."""
    prompts = f"{change.prompts} prompt{'s' * (change.prompts != 1)}"
    if change.smallest is None:
        return f"{prompts} can show no difference, however large: {change.needed} are needed"
    return f"{prompts} could have shown {100 * change.smallest:.1f} points at best"


def smallest_words(change: Change) -> str:
    """Return what the smallest difference means."""
    return (
        f"at best: one check in each of {change.needed} prompts, all in the same direction and nothing else changed, "
        f"at a significance level of {SIGNIFICANCE_LEVEL:g} over all rows and both directions"
    )


def points(share: float) -> str:
    """Return a share as percentage points with its sign."""
    text = f"{100 * share:+.1f}".removesuffix(".0")
    return "0" if text in ("+0", "-0") else text.replace("-", "−")
