"""A plot of the frontier; needs the extra ``plot``."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from pytest_kvguard.external.optional import load_optional
from pytest_kvguard.reports.ownership import TOOL
from pytest_kvguard.values.frontier import PolicyAdvice, efficient_points

__all__ = ["draw_frontier"]

MEMORY = "cache kept, bytes ÷ uncompressed"
TIME = "time of the replies ÷ uncompressed"
STYLES = {"": ("-", "o"), "fair": ("--", "^"), "keep": (":", "s")}
"""Line and marker of a policy, or of the remedy around it."""


def draw_frontier(advices: Sequence[PolicyAdvice], title: str, kind: str = "png") -> bytes:
    """Return an image of quality over memory and, if measured, over time; rings mark the largest safe ratios.

    Args:
        advices: one line each; ``fair`` is dashed, ``keep`` is dotted.
        title: the title of the figure.
        kind: ``png``, ``svg`` or ``pdf``.

    Raises:
        UsageError: matplotlib is not installed.
    """
    # Not pyplot, which needs a window system and leaves global state behind.
    figure: Any = load_optional("matplotlib.figure").Figure(figsize=(11, 5), layout="constrained")
    timed = any(point.costs.time_ratio is not None for advice in advices for point in advice.points)
    names = {"cache_share": MEMORY, **({"time_ratio": TIME} if timed else {})}
    axes = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for axis, (name, label) in zip(axes, names.items(), strict=True):
        _draw(axis, advices, name)
        axis.set_xlabel(label)
    axes[0].set_ylabel("share of what holds uncompressed that still holds")
    axes[0].legend(fontsize=8, loc="lower right")
    figure.suptitle(title)
    image = io.BytesIO()
    figure.savefig(image, format=kind, dpi=110, metadata={"Software" if kind == "png" else "Creator": TOOL})
    return image.getvalue()


def _draw(axis: Any, advices: Sequence[PolicyAdvice], name: str) -> None:
    everything = [point for advice in advices for point in advice.points]
    efficient = efficient_points(everything)
    colors: dict[str, Any] = {}
    for advice in advices:
        rows = [
            (getattr(point.costs, name), point.quality, point)
            for point in advice.points
            if getattr(point.costs, name) is not None and point.quality is not None
        ]
        plain = advice.remedy_of or advice.policy
        style, marker = STYLES[advice.policy.partition("(")[0] if advice.remedy_of else ""]
        (line,) = axis.plot(
            [x for x, _, _ in rows],
            [y for _, y, _ in rows],
            style,
            marker=marker if name == "cache_share" else None,
            markersize=4,
            color=colors.get(plain),
            linewidth=1 if name == "cache_share" else 0,
            label=advice.policy,
        )
        colors[plain] = line.get_color()
        for x, y, point in rows:
            if name != "cache_share":
                axis.plot(x, y, marker, color=line.get_color(), markersize=4)
            if (point.policy, point.ratio) in efficient:
                axis.plot(x, y, "*", color=line.get_color(), markersize=9)
            if point is advice.safe:
                axis.plot(x, y, "o", color=line.get_color(), markersize=14, fillstyle="none")
                if name == "cache_share":
                    axis.annotate(point.ratio, (x, y), textcoords="offset points", xytext=(4, 8), fontsize=8)
    axis.set_ylim(top=1.05)
    axis.grid(alpha=0.3)
