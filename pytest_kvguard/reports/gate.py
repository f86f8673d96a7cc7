"""The report of a contract's gate: every limit that is exceeded, then a table of the instructions."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_kvguard.values.gates import DropTest, GateResult

__all__ = ["explain_gate"]


def explain_gate(result: GateResult, title: str, rerun: str) -> str:
    """Return the report of one gate.

    Args:
        result: the gate's decision.
        title: names the gate.
        rerun: the command that judges the gate again.
    """
    lines = [title, *(f"  {line}" for line in result.breaches + result.undecided)]
    lines += [*_lengths(result), *_distances(result)]
    if result.drops:
        lines += ["", *_table(result)]
    return "\n".join([*lines, f"  rerun: {rerun}"])


def _lengths(result: GateResult) -> Iterator[str]:
    """Yield one line on reply lengths if one changed much."""
    lengths, control = result.lengths, result.control
    if lengths is None or lengths.ratio is None or not (lengths.longer or lengths.shorter or lengths.compressed_caps):
        return
    beside = f"; uncompressed twice: {control.longer} and {control.shorter} of {control.replies}" if control else ""
    yield (
        f"  replies {lengths.ratio:.2f}x as long; {lengths.longer} of {lengths.replies} at least 1.5x, "
        f"{lengths.shorter} at most 0.67x{beside}; cut off: {lengths.baseline_caps} → {lengths.compressed_caps}"
    )


def _distances(result: GateResult) -> Iterator[str]:
    """Yield one line on distances if they are known."""
    distances = result.distances
    if distances is None or distances.mean is None:
        return
    ratio = "n/a" if distances.noise_ratio is None else f"{distances.noise_ratio:.1f}"
    floor = "not measured" if distances.floor is None else f"{distances.floor:.3f}"
    low_high = distances.interval
    interval = "" if low_high is None else f", interval {low_high[0]:.1f} to {low_high[1]:.1f}"
    yield f"  mean |Δ logprob| {distances.mean:.3f}; noise floor {floor}; ratio {ratio}{interval}"


def _table(result: GateResult) -> Iterator[str]:
    width = max(len(drop.instruction) for drop in result.drops)
    yield f"  {'instruction':<{max(width, 11)}}  prompts  checks  hold  compressed   drop      interval        p"
    for drop in result.drops:
        yield f"  {drop.instruction:<{max(width, 11)}}{_row(drop)}"
    yield (
        f"  p: chance of so large a drop from harmless changes alone, adjusted over {result.family} tests; "
        f"{result.significance_level:.3g} or less fails"
    )
    if result.orders_run < result.orders_planned:
        yield f"  decided after {result.orders_run} of {result.orders_planned} orders"
    yield ""


def _row(drop: DropTest) -> str:
    points = "n/a" if drop.drop is None else f"{100 * drop.drop:.0f}"
    interval = "n/a" if drop.interval is None else f"{100 * drop.interval[0]:.0f} to {100 * drop.interval[1]:.0f}"
    p_value = "n/a" if drop.p_value is None else f"{drop.p_value:.2g}"
    mark = f"  {drop.unstable} UNSTABLE" if drop.unstable else ""
    if drop.checks and not drop.decidable:
        mark += f"  shows nothing under {drop.needed_prompts} prompts"
    return (
        f"{drop.prompts:>9}{drop.checks:>8}{drop.held_uncompressed:>6}{drop.held_compressed:>12}{points:>7}"
        f"{interval:>14}{p_value:>9}{mark}"
    )
