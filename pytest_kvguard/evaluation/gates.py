"""What a contract's gate counts, and which verdicts it takes over from single checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pytest_kvguard.contract.model import Contract, Gate
from pytest_kvguard.results import CaseResult, Verdict

__all__ = ["count_breaches", "length_ratio", "needs_gate_item", "tolerates"]


def needs_gate_item(contract: Contract) -> bool:
    """Return whether a gate says more than that nothing may be lost, which every check says for itself."""
    gate = contract.gate
    limits = (gate.allowed_losses != 0, gate.allowed_leaks > 0, gate.max_length_ratio is not None)
    return contract.is_sampled or any(limits)


def tolerates(gate: Gate, verdict: Verdict) -> bool:
    """Return whether a single loss or leak is left to the gate to judge."""
    losses = gate.allowed_losses is None or gate.allowed_losses > 0
    return (verdict is Verdict.LOST and losses) or (verdict is Verdict.LEAKED and gate.allowed_leaks > 0)


def conversation_lengths(results: Sequence[CaseResult]) -> list[tuple[int, int]]:
    """Return (uncompressed, compressed) reply tokens of every distinct pair of conversations."""
    lengths = {
        (result.case.probe, result.case.order, result.case.kernel, reply.seed): reply
        for result in results
        for reply in result.replies
    }
    return [(r.baseline_tokens, r.compressed_tokens) for r in lengths.values() if r.compressed_tokens is not None]


def length_ratio(results: Sequence[CaseResult]) -> float | None:
    """Return compressed over uncompressed reply tokens, summed over distinct conversations; None without both arms."""
    lengths = conversation_lengths(results)
    baseline = sum(before for before, _ in lengths)
    return sum(after for _, after in lengths) / baseline if baseline else None


def count_breaches(gate: Gate, results: Sequence[CaseResult]) -> tuple[str, ...]:
    """Return one line for every limit on a count or on length that is exceeded, naming what exceeded it."""
    return (
        *_over("LOST", gate.allowed_losses, "max_lost", results, Verdict.LOST),
        *_over("LEAKED", gate.allowed_leaks, "max_new_leaks", results, Verdict.LEAKED),
        *_over("ERROR", 0, "the number allowed", results, Verdict.ERROR),
        *_too_long(gate, results),
    )


def _over(word: str, allowed: int | None, key: str, results: Sequence[CaseResult], verdict: Verdict) -> Iterator[str]:
    hit = Counter(f"{r.case.instruction} ({r.case.probe})" for r in results if r.verdict is verdict)
    if allowed is not None and hit.total() > allowed:
        names = ", ".join(f"{name} ×{count}" if count > 1 else name for name, count in hit.items())
        yield f"{hit.total()} {word}, {key} is {allowed}: {names}"


def _too_long(gate: Gate, results: Sequence[CaseResult]) -> Iterator[str]:
    ratio = length_ratio(results)
    if gate.max_length_ratio is not None and ratio is not None and ratio > gate.max_length_ratio:
        yield f"replies are {ratio:.2f}x as long as uncompressed; max_length_ratio is {gate.max_length_ratio:g}"
