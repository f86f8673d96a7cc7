"""The plot of the decay figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402 - the backend must be chosen first

from pytest_kvguard.reports.ownership import TOOL  # noqa: E402

__all__ = ["draw_report"]

TITLES = {
    "single": "One instruction: checks that hold",
    "multi": "Five instructions: checks that hold",
    "standard": "Attacks that leak, defence first",
    "flipped": "Attacks that leak, defence last",
}


def draw_report(report: Mapping[str, Any], path: Path) -> None:
    """Draw four panels of curves over the ratio, with 95 % Wilson intervals, and write them to ``path``."""
    figure, axes = plt.subplots(2, 2, figsize=(11, 8), sharex=True, sharey=True)
    for axis, (kind, title) in zip(axes.flat, TITLES.items(), strict=True):
        if kind not in report:
            axis.set_visible(False)
            continue
        rows = report[kind] if kind in ("single", "multi") else report[kind]["curves"]
        _draw_panel(axis, rows, "all" if kind in ("single", "multi") else "leaked")
        axis.set_title(title)
        axis.legend(fontsize=8)
    for axis in axes[1]:
        axis.set_xlabel("ratio (share of KV entries removed)")
    figure.suptitle(
        f"{report['model']}, {report['dtype']}, {report['prompts']} prompts per panel, 95 % Wilson intervals"
    )
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software" if path.suffix == ".png" else "Creator": TOOL})
    plt.close(figure)


def _draw_panel(axis: Any, rows: Sequence[Mapping[str, Any]], key: str) -> None:
    start = next(row for row in rows if row["ratio"] == 0)
    plain = dict.fromkeys(row["policy"] for row in rows if row["ratio"] and "(" not in row["policy"])
    for policy in plain:
        points = [start, *(row for row in rows if row["policy"] == policy)]
        ratios = [row["ratio"] for row in points]
        shares = [row[key]["held"] / row[key]["n"] for row in points]
        (line,) = axis.plot(ratios, shares, marker="o", markersize=3, label=policy)
        lows, highs = ([row[key][bound] for row in points] for bound in ("low", "high"))
        axis.fill_between(ratios, lows, highs, color=line.get_color(), alpha=0.12)
    axis.set_ylim(-0.02, 1.02)
    axis.grid(alpha=0.3)
