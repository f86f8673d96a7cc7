"""The report of a contract's gate: every limit that is exceeded, then a table of the instructions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_kvguard.values.gates import POWER, DropTest, GateResult, GateVerdict

__all__ = ["explain_gate", "gate_lines"]

Record = dict[str, Any]

SHOWN = f"{POWER:.0%} of the time"
"""How often a drop of the smallest size would have been shown."""


def explain_gate(result: GateResult, title: str, rerun: str) -> str:
    """Return the report of one gate.

    Args:
        result: the gate's decision.
        title: names the gate.
        rerun: the command that judges the gate again.
    """
    lines = [title, *(f"  {line}" for line in result.breaches + result.undecided + result.unproven)]
    lines += [*_lengths(result), *_distances(result)]
    if result.drops:
        lines += ["", *_table(result)]
    return "\n".join([*lines, f"  rerun: {rerun}"])


def gate_lines(record: Record) -> list[str]:
    """Return what a gate's record says besides its failure: what is shown, what is not, and what could have been.

    Records of older versions, which do not say what is shown, give only their undecided lines.
    """
    undecided = [*record.get("undecided", ()), *record.get("unproven", ())]
    if "verdict" not in record:
        return undecided
    could = "" if not record.get("drops") else f"; {_resolution(record['smallest_drop'])}"
    return [f"{record['verdict']}{could}", *undecided]


def _resolution(smallest_drop: float | None) -> str:
    if smallest_drop is None:
        return "too few prompts to show any drop"
    return f"the smallest drop that it could have shown is {100 * smallest_drop:.0f} points ({SHOWN})"


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
    numbers = "  prompts  checks  hold  compressed   drop      interval        p  excluded"
    yield f"  {'instruction':<{max(width, 11)}}{numbers}"
    for drop in result.drops:
        yield f"  {drop.instruction:<{max(width, 11)}}{_row(drop)}"
    yield (
        f"  p: chance of so large a drop from harmless changes alone, adjusted over {result.family} tests; "
        f"{result.significance_level:.3g} or less fails"
    )
    yield f"  excluded: drops of so many points, at confidence {1 - result.significance_level:.4g} for each instruction"
    yield f"  {result.verdict}; {_resolution(result.smallest_drop)}"
    if result.orders_run < result.orders_planned:
        yield f"  decided after {result.orders_run} of {result.orders_planned} orders"
    yield ""


def _row(drop: DropTest) -> str:
    points = "n/a" if drop.drop is None else f"{100 * drop.drop:.0f}"
    interval = "n/a" if drop.interval is None else f"{100 * drop.interval[0]:.0f} to {100 * drop.interval[1]:.0f}"
    p_value = "n/a" if drop.p_value is None else f"{drop.p_value:.2g}"
    excluded = "n/a" if drop.excluded_drop is None else f">{100 * drop.excluded_drop:.0f}"
    mark = f"  {drop.verdict}" if drop.verdict not in (None, GateVerdict.HELD) else ""
    mark += f"  {drop.unstable} UNSTABLE" if drop.unstable else ""
    if drop.checks and not drop.decidable and not drop.failed:
        mark += f"  shows nothing under {drop.needed_prompts} prompts"
    return (
        f"{drop.prompts:>9}{drop.checks:>8}{drop.held_uncompressed:>6}{drop.held_compressed:>12}{points:>7}"
        f"{interval:>14}{p_value:>9}{excluded:>10}{mark}"
    )
