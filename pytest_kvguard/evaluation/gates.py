"""The limits of a contract's gate: counts of verdicts, reply lengths and distances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import inf, isfinite

from pytest_kvguard.contract.model import Contract, Gate
from pytest_kvguard.serving_cost.output_length import summarize_lengths
from pytest_kvguard.stats.noise_floor import summarize_distances
from pytest_kvguard.values.distances import DistanceSummary
from pytest_kvguard.values.lengths import LengthPair
from pytest_kvguard.values.results import CaseResult, Verdict

__all__ = [
    "cell_distances",
    "control_lengths",
    "conversation_lengths",
    "exceeded_limits",
    "length_ratio",
    "needs_gate_item",
    "tolerates",
    "undecided_distance",
    "unjudged_limits",
]


def needs_gate_item(contract: Contract) -> bool:
    """Return whether a gate has a limit other than "nothing may be lost", which each check enforces by itself."""
    gate = contract.gate
    limits = (
        gate.limits_drop,
        gate.allowed_losses != 0,
        gate.allowed_leaks > 0,
        gate.limits_length,
        gate.max_distance is not None,
    )
    return contract.is_sampled or any(limits)


def tolerates(gate: Gate, verdict: Verdict) -> bool:
    """Return whether a single check with this verdict passes, because the gate allows some."""
    losses = gate.allowed_losses is None or gate.allowed_losses > 0
    return (verdict is Verdict.LOST and losses) or (verdict is Verdict.LEAKED and gate.allowed_leaks > 0)


def conversation_lengths(results: Sequence[CaseResult]) -> list[LengthPair]:
    """Return the reply lengths of both arms, one pair per distinct conversation."""
    lengths = {
        (result.case.probe, result.case.order, result.case.cell.kernel, reply.seed): reply
        for result in results
        for reply in result.replies
    }
    return [
        LengthPair(r.baseline_tokens, r.compressed_tokens, r.baseline_capped, r.compressed_capped)
        for r in lengths.values()
        if r.compressed_tokens is not None
    ]


def control_lengths(results: Sequence[CaseResult]) -> list[LengthPair]:
    """Return the reply lengths of pairs of uncompressed replies that differ in a harmless change or in their seed."""
    pairs: dict[tuple[object, ...], LengthPair] = {}
    for result in results:
        place: tuple[object, ...] = result.case.probe, result.case.order, result.case.cell.kernel
        if result.null is not None and result.baseline is not None:
            one, other = result.baseline, result.null.arm
            pairs[place] = LengthPair(one.reply_tokens, other.reply_tokens, one.is_capped, other.is_capped)
        for seed, follower in zip(result.by_seed, result.by_seed[1:] + result.by_seed[:1], strict=True):
            if seed is not follower:
                pairs[place + (seed.seed,)] = LengthPair(
                    seed.baseline_tokens, follower.baseline_tokens, seed.baseline_capped, follower.baseline_capped
                )
    return list(pairs.values())


def length_ratio(results: Sequence[CaseResult]) -> float | None:
    """Return compressed over uncompressed reply tokens, summed over distinct conversations; None without pairs."""
    lengths = conversation_lengths(results)
    baseline = sum(pair.baseline for pair in lengths)
    return sum(pair.compressed for pair in lengths) / baseline if baseline else None


def exceeded_limits(gate: Gate, results: Sequence[CaseResult]) -> tuple[str, ...]:
    """Return one line per exceeded limit on a count, on length or on distance, with what exceeded it."""
    return (
        *_over("LOST", gate.allowed_losses, "max_lost", results, Verdict.LOST),
        *_over("LEAKED", gate.allowed_leaks, "max_new_leaks", results, Verdict.LEAKED),
        *_too_long(gate, results),
        *_too_far(gate, results),
    )


def unjudged_limits(gate: Gate, results: Sequence[CaseResult]) -> tuple[str, ...]:
    """Return one line per limit that cannot be judged, which fails the gate: for errors, or for lack of distances."""
    return (
        *_over("ERROR", 0, "the number allowed", results, Verdict.ERROR),
        *_unknown_distance(gate, results),
    )


def _over(word: str, allowed: int | None, key: str, results: Sequence[CaseResult], verdict: Verdict) -> Iterator[str]:
    hit = Counter(f"{r.case.instruction} ({r.case.probe})" for r in results if r.verdict is verdict)
    if allowed is not None and hit.total() > allowed:
        names = ", ".join(f"{name} ×{count}" if count > 1 else name for name, count in hit.items())
        yield f"{hit.total()} {word}, {key} is {allowed}: {names}"


def _too_long(gate: Gate, results: Sequence[CaseResult]) -> Iterator[str]:
    lengths = conversation_lengths(results)
    ratio = length_ratio(results)
    if ratio is None:
        # Nothing uncompressed: replies of no tokens on both arms are as long as each other.
        ratio = inf if any(pair.compressed for pair in lengths) else 0.0
    if gate.max_length_ratio is not None and not ratio <= gate.max_length_ratio:
        yield f"replies are {ratio:.2f}x as long as uncompressed; max_length_ratio is {gate.max_length_ratio:g}"
    if gate.max_longer_share is not None:
        yield from _too_many_longer(gate.max_longer_share, results)


def _too_many_longer(limit: float, results: Sequence[CaseResult]) -> Iterator[str]:
    """Yield a line if the share of longer replies exceeds that of the control by more than the limit."""
    lengths, control = (summarize_lengths(pairs(results)) for pairs in (conversation_lengths, control_lengths))
    by_chance = control.longer_share or 0.0
    if lengths.longer_share is not None and not lengths.longer_share - by_chance <= limit:
        beside = f"{control.longer} of {control.replies} uncompressed" if control.replies else "no control was run"
        yield (
            f"{lengths.longer} of {lengths.replies} replies are 1.5x as long or longer ({beside}); "
            f"max_longer_share is {limit:g}"
        )


def cell_distances(gate: Gate, results: Sequence[CaseResult]) -> DistanceSummary | None:
    """Return the distances between a cell's replies and the uncompressed ones, each conversation counted once."""
    pairs = {
        (result.case.probe, result.case.order, result.case.cell.kernel): (result.distance, result.noise)
        for result in results
        if result.distance is not None
    }
    return summarize_distances([(d, n) for d, n in pairs.values() if d is not None], 1 - gate.significance_level)


def _too_far(gate: Gate, results: Sequence[CaseResult]) -> Iterator[str]:
    """Yield a line if the distance is significantly above the limit."""
    distances = cell_distances(gate, results) if gate.max_distance is not None else None
    if distances is None or not distances.mean or distances.floor is None or gate.max_distance is None:
        return
    if _is_finite(distances) and _surely_above(distances, gate.max_distance):
        yield f"{_seen(distances)}; max_distance is {gate.max_distance:g}"


def _unknown_distance(gate: Gate, results: Sequence[CaseResult]) -> Iterator[str]:
    """Yield a line if the distance has a limit and cannot be judged."""
    if gate.max_distance is None:
        return
    distances = cell_distances(gate, results)
    if distances is None or distances.mean is None:
        yield "max_distance cannot be judged: the replies have no logprobs, or were sampled. Drop it, or change that"
    elif not _is_finite(distances):
        yield f"max_distance cannot be judged: the logprobs are not finite numbers ({_means(distances)})"
    elif distances.floor is None:
        yield "max_distance cannot be judged: no noise floor was measured. Do not switch the null arm off"


def undecided_distance(gate: Gate, results: Sequence[CaseResult]) -> Iterator[str]:
    """Yield a line if the distance is above the limit, but not significantly, so that more conversations are needed."""
    distances = cell_distances(gate, results) if gate.max_distance is not None else None
    if distances is None or not distances.mean or distances.floor is None or gate.max_distance is None:
        return
    if not _is_finite(distances):
        return  # a breach already
    if distances.noise_ratio is None:
        yield (
            f"mean |Δ logprob| is {distances.mean:.3f}, and the harmless change moved nothing: there is no noise "
            "floor to hold it against. Name a server with another kernel: --kv-null-endpoint"
        )
    elif distances.noise_ratio > gate.max_distance and not _surely_above(distances, gate.max_distance):
        allowed = f"max_distance, {gate.max_distance:g}"
        yield f"{_seen(distances)}, which is no proof of more than {allowed}: add probes or orders"


def _is_finite(distances: DistanceSummary) -> bool:
    """Return whether all known numbers of a summary are finite: any comparison with NaN is false."""
    numbers = (distances.mean, distances.floor, distances.noise_ratio, *(distances.interval or ()))
    return all(number is None or isfinite(number) for number in numbers)


def _means(distances: DistanceSummary) -> str:
    floor = "not measured" if distances.floor is None else f"{distances.floor:g}"
    return f"mean |Δ logprob| {distances.mean:g}, noise floor {floor}"


def _surely_above(distances: DistanceSummary, limit: float) -> bool:
    return distances.interval is not None and not distances.interval[0] <= limit


def _seen(distances: DistanceSummary) -> str:
    interval = "" if distances.interval is None else f" ({distances.interval[0]:.1f} to {distances.interval[1]:.1f})"
    return (
        f"mean |Δ logprob| is {distances.mean:.3f}, {distances.noise_ratio:.1f}{interval} times the noise floor of "
        f"{distances.floor:.3f}, over {distances.conversations} conversations"
    )
