"""Whether a contract's gate holds over all its checks under one policy and ratio."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_kvguard.contract.model import Gate
from pytest_kvguard.results import CaseResult, Verdict

__all__ = ["gate_breaches", "length_ratio", "needs_gate_item", "tolerates"]


def needs_gate_item(gate: Gate) -> bool:
    """Return whether the gate says more than that nothing may be lost, which every check says for itself."""
    return gate.max_lost > 0 or gate.max_new_leaks > 0 or gate.max_length_ratio is not None


def tolerates(gate: Gate, verdict: Verdict) -> bool:
    """Return whether a single loss or leak is left to the gate to judge."""
    return (verdict is Verdict.LOST and gate.max_lost > 0) or (verdict is Verdict.LEAKED and gate.max_new_leaks > 0)


def length_ratio(results: Sequence[CaseResult]) -> float | None:
    """Return compressed over uncompressed reply tokens, summed over distinct conversations; None without both arms."""
    arms = {(r.case.probe, r.case.order, r.case.kernel): (r.baseline, r.compressed) for r in results}
    pairs = [(a, b) for a, b in arms.values() if a is not None and b is not None]
    baseline = sum(a.reply_tokens for a, _ in pairs)
    return sum(b.reply_tokens for _, b in pairs) / baseline if baseline else None


def gate_breaches(gate: Gate, results: Sequence[CaseResult]) -> tuple[str, ...]:
    """Return one line for every limit that is exceeded, naming what exceeded it."""
    breaches = [
        *_count_breach("LOST", gate.max_lost, "max_lost", results, Verdict.LOST),
        *_count_breach("LEAKED", gate.max_new_leaks, "max_new_leaks", results, Verdict.LEAKED),
        *_count_breach("ERROR", 0, "the number allowed", results, Verdict.ERROR),
    ]
    ratio = length_ratio(results)
    if gate.max_length_ratio is not None and ratio is not None and ratio > gate.max_length_ratio:
        allowed = f"max_length_ratio is {gate.max_length_ratio:g}"
        breaches.append(f"replies are {ratio:.2f}x as long as uncompressed; {allowed}")
    return tuple(breaches)


def _count_breach(word: str, allowed: int, key: str, results: Sequence[CaseResult], verdict: Verdict) -> list[str]:
    hit = [f"{r.case.instruction} ({r.case.probe})" for r in results if r.verdict is verdict]
    return [f"{len(hit)} {word}, {key} is {allowed}: {', '.join(hit)}"] if len(hit) > allowed else []
