"""The advice on policies: their safe ratios, the first losses, every point, and the commands of their gates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pytest_kvguard.runs.given import GivenOptions
from pytest_kvguard.runs.rerun import rerun_command
from pytest_kvguard.stats.intervals import Interval, wilson_interval
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.frontier import FrontierPoint, LostInstruction, PolicyAdvice, efficient_points

__all__ = ["GateCommand", "advice_record", "advice_text", "chance_text", "first_lost"]

MOST_BINDING = 5
"""Instructions named per policy; the JSON file has all."""


@dataclass(frozen=True)
class GateCommand:
    """Builds the command that gates a policy at its safe ratio.

    Attributes:
        paths: the contracts, as typed on the command line.
        given: the options of the run.
        kernel: the attention implementation.
    """

    paths: tuple[str, ...]
    given: GivenOptions
    kernel: str

    def text(self, advice: PolicyAdvice) -> str | None:
        """Return the command that fails once the ratio is no longer safe; None without a safe ratio."""
        if advice.safe is None:
            return None
        cell = Cell.of(advice.policy, advice.safe.ratio, self.kernel)
        return rerun_command(self.paths, self.given, [cell])


def advice_text(advices: Sequence[PolicyAdvice], command: GateCommand) -> str:
    """Return the tables.

    Args:
        advices: one per policy, with its remedies after it.
        command: builds the command that gates a policy.
    """
    parts = [
        _safe_table(advices),
        _binding_lines(advices),
        _points_table(advices),
        _gate_lines(advices, command),
    ]
    return "\n\n".join("\n".join(part) for part in parts)


def advice_record(advice: PolicyAdvice, command: GateCommand) -> dict[str, Any]:
    """Return the advice on one policy as plain values, for JSON."""
    return {
        "policy": advice.policy,
        "remedy_of": advice.remedy_of or None,
        "protected": list(advice.protected),
        "without_remedy": list(advice.without_remedy),
        "largest_safe": _ratio_of(advice.safe),
        "smallest_unsafe": _ratio_of(advice.unsafe),
        "failure_interval": _failure_interval(advice.safe) if advice.safe else None,
        "islands": list(advice.islands),
        "binding": [asdict(lost) for lost in advice.binding],
        "points": [_record(point) for point in advice.points],
        "gate": command.text(advice),
    }


def _record(point: FrontierPoint) -> dict[str, Any]:
    extra = {"safe": point.is_safe, "quality": point.quality, "failure_interval": _failure_interval(point)}
    return {**asdict(point), **extra}


def _failure_interval(point: FrontierPoint) -> Interval | None:
    """Return the 95 % interval of the share of failing prompts among prompts like these, 0..1."""
    return wilson_interval(point.failing_prompts, point.prompts)


def _ratio_of(point: FrontierPoint | None) -> str | None:
    return None if point is None else point.ratio


def _safe_table(advices: Sequence[PolicyAdvice]) -> Iterator[str]:
    width = max(len("policy"), *(len(_name(advice)) for advice in advices))
    yield (
        f"{'policy':<{width}}  {'safe to':>7}  {'fails at':>8}  {'prompts failing there, 95 %':>27}  {'cache':>5}  "
        f"{'length':>6}  {'time':>5}"
    )
    for advice in advices:
        safe, unsafe = _ratio_of(advice.safe) or "none", _ratio_of(advice.unsafe) or "n/a"
        yield f"{_name(advice):<{width}}  {safe:>7}  {unsafe:>8}  {chance_text(advice.safe):>27}  {_shown(advice.safe)}"


def _name(advice: PolicyAdvice) -> str:
    return f"  {advice.policy}" if advice.remedy_of else advice.policy


def chance_text(point: FrontierPoint | None) -> str:
    """Return the number of failing prompts at a point, with the interval for prompts like these."""
    interval = None if point is None else _failure_interval(point)
    if point is None or interval is None:
        return "n/a"
    low, high = interval
    return f"{point.failing_prompts} of {point.prompts} ({low:.0%} to {high:.0%})"


def _shown(point: FrontierPoint | None) -> str:
    costs = None if point is None else point.costs
    cells = (
        ("cache_share", 5, "{:.0%}"),
        ("length_ratio", 6, "{:.2f}"),
        ("time_ratio", 5, "{:.2f}"),
    )
    return "  ".join(f"{_format(getattr(costs, name, None), form):>{width}}" for name, width, form in cells)


def _format(value: float | None, form: str) -> str:
    return "n/a" if value is None else form.format(value)


def _binding_lines(advices: Sequence[PolicyAdvice]) -> Iterator[str]:
    """Yield for each policy the first losses, the instructions that a remedy protects, and the islands."""
    yield "lost first:"
    for advice in advices:
        yield f"  {advice.policy}: {first_lost(advice)}"
        if advice.protected:
            yield f"    with `protect: true` on {', '.join(advice.protected)}"
        if advice.islands:
            yield f"    safe again at {', '.join(advice.islands)}, above one that is not: luck, until shown otherwise"


def first_lost(advice: PolicyAdvice) -> str:
    """Return, in words, the instructions that are lost or leak at the smallest unsafe ratio."""
    if advice.unsafe is None:
        return "nothing at any ratio that was tried"
    named = [_lost(lost) for lost in advice.binding[:MOST_BINDING]]
    more = len(advice.binding) - len(named)
    named += [f"{more} more"] * (more > 0)
    why = advice.unsafe.reason or "; ".join(advice.unsafe.breaches)
    return f"at {advice.unsafe.ratio}, {', '.join(named) or why}"


def _lost(lost: LostInstruction) -> str:
    counts = ((lost.lost, "LOST"), (lost.leaked, "LEAKED"))
    what = " and ".join(f"{count} of {lost.checked} {word}" for count, word in counts if count)
    return f"{lost.contract}::{lost.instruction} ({lost.place}; {what})"


def _points_table(advices: Sequence[PolicyAdvice]) -> Iterator[str]:
    points = [point for advice in advices for point in advice.points]
    efficient = efficient_points(points)
    width = max(len("policy"), *(len(point.policy) for point in points))
    yield (
        f"{'policy':<{width}}  ratio   held of     lost leaked unstable  {'cache':>5}  {'length':>6}  {'time':>5}  "
        f"{'per token':>9}   (* no other point holds as much for as little)"
    )
    for point in points:
        mark = "*" if (point.policy, point.ratio) in efficient else " "
        step = _format(point.costs.step_ratio, "{:.2f}")
        error = f"  {point.errors} ERROR: {point.reason}" if point.errors else ""
        yield (
            f"{point.policy:<{width}}  {point.ratio:<5} {point.held:>6} {point.checks:>4}  {point.lost:>6} "
            f"{point.leaked:>6} {point.unstable:>8}  {_shown(point)}  {step:>9} {mark}{error}"
        )


def _gate_lines(advices: Sequence[PolicyAdvice], command: GateCommand) -> Iterator[str]:
    yield "to hold on to it:"
    for advice in advices:
        line = command.text(advice)
        if line:
            yield f"  {line}"
        if line and advice.protected:
            yield f"    # after writing `protect: true` under {', '.join(advice.protected)}"
        if line and advice.without_remedy:
            names = ", ".join(advice.without_remedy)
            yield f"    # but {names} with --kv-policy={advice.remedy_of}: there is nothing to keep in them"
    if not any(advice.safe for advice in advices):
        yield "  nothing is safe: compress less than the smallest ratio that was tried, or not at all"
