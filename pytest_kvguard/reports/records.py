"""The records of report files: finished checks, gates and contexts as plain values that travel between processes."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

from pytest_kvguard.contract.model import Contract
from pytest_kvguard.leaks.masking import Masker
from pytest_kvguard.values.distances import DistanceSummary
from pytest_kvguard.values.gates import DropTest, GateResult
from pytest_kvguard.values.lengths import LengthSummary
from pytest_kvguard.values.results import (
    Arm,
    CacheReport,
    CaseResult,
    Check,
    CheckPair,
    KeepRate,
    SeedResult,
)

__all__ = ["case_record", "context_record", "gate_record"]

Record = dict[str, Any]

DIGITS = 4
"""Shares are rounded to this many digits."""


def case_record(result: CaseResult, contract: Contract, rerun: str, arrangement: Record | None = None) -> Record:
    """Return the record of one case, as ``report.schema.json`` describes it.

    Args:
        result: the result, without secrets.
        contract: its contract as the model read it, or what the case needs of it, without secrets.
        rerun: the command that runs only this check again.
        arrangement: the arrangement of a search, as plain values without secrets; None for every other case.
    """
    case, arm = result.case, result.compressed
    instruction = contract.instruction(case.instruction)
    return {
        "line": instruction.line,
        **case.record,
        "arrangement": arrangement,
        "verdict": str(result.verdict),
        "reason": result.reason,
        "doubts": list(map(str, result.doubts)),
        "instruction_text": instruction.text,
        "turns": list(next(probe.turns for probe in contract.probes if probe.id == case.probe)),
        "checks": [_pair(pair) for pair in result.checks],
        "baseline": _replies(result.baseline),
        "compressed": _replies(arm),
        "null": {"change": result.null.change, "replies": _replies(result.null.arm)} if result.null else None,
        "seed": result.seed,
        "by_seed": [_seed(reply) for reply in result.by_seed],
        "cache": _cache(arm.cache) if arm and arm.cache else None,
        "distance": _distance(result),
        "notes": list(arm.notes) if arm else [],
        "keep_rate": _keep_rate(arm.keep_rates.get(case.instruction)) if arm else None,
        "rerun": rerun,
    }


def _distance(result: CaseResult) -> Record | None:
    if result.distance is None:
        return None
    return {"compressed": asdict(result.distance), "null": asdict(result.noise) if result.noise else None}


def _pair(pair: CheckPair) -> Record:
    shown = pair.baseline
    return {
        "rule": shown.rule,
        "leak": shown.leak,
        "verdict": str(pair.verdict),
        "baseline": _check(pair.baseline),
        "compressed": _check(pair.compressed) if pair.compressed else None,
        "null": _check(pair.null) if pair.null else None,
        "floor": pair.junk_floor,
    }


def _seed(reply: SeedResult) -> Record:
    return {
        "seed": reply.seed,
        "verdicts": [str(pair.verdict) for pair in reply.checks],
        "baseline_tokens": reply.baseline_tokens,
        "compressed_tokens": reply.compressed_tokens,
        "baseline_capped": reply.baseline_capped,
        "compressed_capped": reply.compressed_capped,
    }


def gate_record(gate: GateResult) -> Record:
    """Return the record of a gate's decision, to which the caller adds the cell."""
    return {
        "verdict": str(gate.verdict),
        "breaches": list(gate.breaches),
        "undecided": list(gate.undecided),
        "unproven": list(gate.unproven),
        "smallest_drop": _share(gate.smallest_drop),
        "confidence": round(1 - gate.significance_level, DIGITS),
        "tests": gate.family,
        "orders_run": gate.orders_run,
        "orders_planned": gate.orders_planned,
        "length_ratio": None if gate.length_ratio is None else round(gate.length_ratio, DIGITS),
        "lengths": _lengths(gate.lengths),
        "control_lengths": _lengths(gate.control),
        "distances": _distances(gate.distances) if gate.distances else None,
        "drops": [_drop(drop) for drop in gate.drops],
    }


def _distances(summary: DistanceSummary) -> Record:
    record = asdict(summary)
    # The report format calls the noise ratio "times".
    return {"times" if name == "noise_ratio" else name: value for name, value in record.items()}


def _lengths(lengths: LengthSummary | None) -> Record | None:
    if lengths is None:
        return None
    ratio = None if lengths.ratio is None else round(lengths.ratio, DIGITS)
    return {**asdict(lengths), "ratio": ratio, "quantiles": [round(value, DIGITS) for value in lengths.quantiles]}


def _drop(drop: DropTest) -> Record:
    return {
        **asdict(drop),
        "interval": None if drop.interval is None else [round(bound, DIGITS) for bound in drop.interval],
        "verdict": None if drop.verdict is None else str(drop.verdict),
        "excluded_drop": _share(drop.excluded_drop),
        "smallest_drop": _share(drop.smallest_drop),
    }


def _share(share: float | None) -> float | None:
    return None if share is None else round(share, DIGITS)


def _check(check: Check) -> Record:
    record = {"holds": check.holds, "expected": check.expected, "observed": check.observed}
    return {**record, "undecided": True} if check.undecided else record


def _replies(arm: Arm | None) -> list[Record] | None:
    if arm is None:
        return None
    return [{"text": reply.text, "tokens": len(reply.token_ids), "stopped": reply.stopped} for reply in arm.replies]


def _cache(cache: CacheReport) -> Record:
    return {**asdict(cache), "notes": list(cache.notes), "achieved_ratio": round(cache.achieved_ratio, DIGITS)}


def _keep_rate(rate: KeepRate | None) -> Record | None:
    if rate is None:
        return None
    by_layer = [round(share, DIGITS) for share in rate.by_layer]
    return {"mean": round(rate.mean, DIGITS), "tokens": rate.tokens, "by_layer": by_layer}


def context_record(result: CaseResult, masker: Masker) -> Record | None:
    """Return the share of layers and KV heads that kept each token of a context; None if that is not known.

    Args:
        result: the result, whose prompt may hold secrets.
        masker: masks them.
    """
    case, arm = result.case, result.compressed
    if arm is None or arm.prompt is None or not arm.kept:
        return None
    heads = [positions for layer in arm.kept for positions in layer]
    counts = Counter(position for positions in heads for position in positions)
    return {
        "contract": case.contract,
        "probes": [case.probe],
        **case.cell.record,
        "pieces": masker.mask_pieces(arm.prompt.pieces),
        "instructions": list(arm.prompt.owners),
        "kept": [round(counts[position] / len(heads), DIGITS) for position in range(len(arm.prompt.pieces))],
    }
