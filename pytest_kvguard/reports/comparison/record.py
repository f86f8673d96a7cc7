"""A comparison as plain values, for programs."""

from __future__ import annotations

from typing import Any

from pytest_kvguard.reports.comparison.compare import Comparison
from pytest_kvguard.reports.comparison.figures import Figure
from pytest_kvguard.reports.comparison.pairing import ItemPair
from pytest_kvguard.reports.comparison.run_files import Run
from pytest_kvguard.stats.run_changes import Change

__all__ = ["COMPARISON_VERSION", "comparison_record"]

COMPARISON_VERSION = 1
"""Of this format; later versions of the plugin may add keys."""

DIGITS = 6
Record = dict[str, Any]


def comparison_record(comparison: Comparison) -> Record:
    """Return a comparison as plain values; replies are in the reports that were compared."""
    return {
        "version": COMPARISON_VERSION,
        "verdict": str(comparison.direction),
        "new_losses": comparison.new_losses,
        "before": _run(comparison.before),
        "after": _run(comparison.after),
        "warnings": list(comparison.warnings),
        "environment": [
            {"kind": change.fact.kind, "name": change.fact.name, "before": change.before, "after": change.after}
            for change in comparison.facts
        ],
        "notes": list(comparison.pairing.notes),
        "changes": [{"part": part, **_change(change)} for part, change in comparison.changes.items()],
        "items": {group: [_item(pair) for pair in pairs] for group, pairs in comparison.groups.items()},
        "figures": [_figure(figure) for figure in comparison.figures],
        "gates": list(comparison.gates),
    }


def _run(run: Run) -> Record:
    return {"name": run.name, "started": run.started, "complete": run.is_complete, "cases": len(run.cases)}


def _change(change: Change) -> Record:
    pairs = change.pairs
    return {
        "verdict": str(change.direction),
        "prompts": change.prompts,
        "checks": pairs.checks,
        "held_before": pairs.uncompressed,
        "held_after": pairs.compressed,
        "lost": pairs.lost,
        "gained": pairs.gained,
        "change": _rounded(change.size),
        "interval": None if change.interval is None else [_rounded(bound) for bound in change.interval],
        "p_value": _rounded(change.p_value),
        "smallest_shown": _rounded(change.smallest),
        "needed_prompts": change.needed,
    }


def _item(pair: ItemPair) -> Record:
    case = pair.shown
    return {
        "contract": case["contract"],
        "file": case["file"],
        "instruction": case["instruction"],
        "probe": case["probe"],
        "order_index": case["order_index"],
        "cell": pair.label,
        "before": None if pair.before is None else pair.before["verdict"],
        "after": None if pair.after is None else pair.after["verdict"],
    }


def _figure(figure: Figure) -> Record:
    return {
        "part": figure.part,
        "name": figure.name,
        "unit": figure.unit,
        "before": _rounded(figure.before),
        "after": _rounded(figure.after),
        "measured": figure.count,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
