"""The tables of negative samples: counts by threshold, then every method's pairs and verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["negatives_text", "tasks_text"]

Counts = Mapping[str, Any]

LEAST_WIDTH = 26


def negatives_text(counts: Counts, threshold: str = "10") -> str:
    """Return the tables of ``serving_cost.negative_samples.count_negatives``.

    Args:
        counts: the counts.
        threshold: the percentage of the second table.
    """
    baseline = counts["baseline"]
    lines = [
        f"baseline {baseline}: macro mean {counts['macro_mean'][baseline]:.2f}, {counts['benign']} benign samples",
        "",
        *_by_threshold(counts),
        "",
        *_verdicts(counts, threshold),
    ]
    return "\n".join(lines)


def _by_threshold(counts: Counts) -> Iterator[str]:
    width = max(LEAST_WIDTH, *map(len, counts["negatives"]), 0)
    for number, (name, by_threshold) in enumerate(counts["negatives"].items()):
        if number == 0:
            yield f"{'negatives at a loss of, %':<{width}}" + "".join(f"{percent:>6}" for percent in by_threshold)
        first, _, second = name.partition("+")
        # Pairs are counted under either order of their names.
        if first < second or f"{second}+{first}" not in counts["negatives"]:
            yield f"{name:<{width}}" + "".join(f"{count:>6}" for count in by_threshold.values())


def _verdicts(counts: Counts, threshold: str) -> Iterator[str]:
    width = max(LEAST_WIDTH, *map(len, counts["pairs"]), 0)
    heads = f"{'mean':>7}{'negative':>10}{'mirrored':>10}{'better':>8}{'worse':>7}{'p':>9}  change, 95 % interval"
    yield f"{f'at {threshold} %':<{width}}{heads}"
    for name, pair in counts["pairs"].items():
        seen = counts["negatives"][name][threshold], counts["mirrored"][name][threshold]
        change, low, high = (100 * value for value in (pair["change"], *pair["interval"]))
        yield (
            f"{name:<{width}}{counts['macro_mean'][name]:>7.2f}{seen[0]:>10}{seen[1]:>10}{pair['better']:>8}"
            f"{pair['worse']:>7}{pair['p']:>9.2g}  {change:+.2f} ({low:+.2f} to {high:+.2f})  {pair['verdict']}"
        )


def tasks_text(by_task: Mapping[str, Mapping[str, Mapping[str, int]]]) -> str:
    """Return one table per method, with the negative samples of each data set."""
    lines: list[str] = []
    for method, tasks in by_task.items():
        width = max(LEAST_WIDTH, *map(len, tasks), len(method))
        lines += ["", f"{method:<{width}}  benign  negatives  mirrored"]
        ranked = sorted(tasks.items(), key=lambda task: (-task[1]["negatives"], task[0]))
        lines += [
            f"{name:<{width}}{row['benign']:>8}{row['negatives']:>11}{row['mirrored']:>10}" for name, row in ranked
        ]
    return "\n".join(lines[1:])
