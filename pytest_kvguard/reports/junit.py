"""Properties of a test case in pytest's own JUnit file."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_kvguard.reports.printable import printable
from pytest_kvguard.values.gates import GateResult
from pytest_kvguard.values.results import CaseResult

__all__ = ["gate_properties", "junit_properties"]


def junit_properties(result: CaseResult) -> Iterator[tuple[str, str]]:
    """Yield (name, value) of each property: numbers as in JSON, an order as ids separated by commas.

    Args:
        result: the result, without secrets.
    """
    case = result.case
    yield "kv_verdict", str(result.verdict)
    for name in ("contract", "instruction", "probe"):
        yield f"kv_{name}", getattr(case, name)
    for name, value in case.cell.record.items():
        yield f"kv_{name}", value
    yield "kv_order", ",".join(case.order)
    if result.reason:
        yield "kv_evidence", printable(result.reason)
    if result.doubts:
        yield "kv_doubts", "; ".join(map(str, result.doubts))
    yield from _measured(result)


def gate_properties(result: GateResult) -> Iterator[tuple[str, str]]:
    """Yield (name, value) of what a gate shows: a gate that passes is not always shown to hold."""
    yield "kv_gate", str(result.verdict)
    if result.smallest_drop is not None:
        yield "kv_smallest_drop", f"{result.smallest_drop:.4f}"
    if result.undecided or result.unproven:
        yield "kv_evidence", printable("; ".join(result.undecided + result.unproven))


def _measured(result: CaseResult) -> Iterator[tuple[str, str]]:
    arm = result.compressed
    if result.baseline is not None:
        yield "kv_baseline_tokens", str(result.baseline.reply_tokens)
    if arm is None or result.case.cell.is_uncompressed:
        return
    yield "kv_compressed_tokens", str(arm.reply_tokens)
    if arm.cache is not None:
        yield "kv_achieved_ratio", f"{arm.cache.achieved_ratio:.4f}"
    rate = arm.keep_rates.get(result.case.instruction)
    if rate is not None:
        yield "kv_keep_rate", f"{rate.mean:.4f}"
