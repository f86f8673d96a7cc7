"""The checks of paired items as the tables of pairs that statistics read, prompt by prompt."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from pytest_kvguard.reports.comparison.pairing import ItemPair
from pytest_kvguard.stats.pairs import Pairs
from pytest_kvguard.values.cell import NO_POLICY

__all__ = ["UNCOMPRESSED", "tables_by_part"]

Record = Mapping[str, Any]
Outcomes = dict[Hashable, bool]
"""Check → whether it holds; checks that say nothing are left out."""

UNCOMPRESSED = "uncompressed model"
"""The part that compares the uncompressed arms of both runs; a loss that both arms share would show nowhere else."""

HELD, UNMET, LOST = "HELD", "UNMET", ("LOST", "LEAKED", "UNSTABLE")
AS_A_WHOLE = "verdict"


def tables_by_part(pairs: Sequence[ItemPair]) -> dict[str, list[Pairs]]:
    """Return, for every compressed cell and for the uncompressed model, one table of checks per prompt.

    Under compression those checks count whose uncompressed reply obeys in both runs. The choice treats the runs alike,
    so that equal runs stay exchangeable.
    """
    parts: dict[str, dict[Hashable, list[tuple[bool, bool]]]] = {}
    is_one_prompt = len({pair.item.prompt for pair in pairs}) == 1
    uncompressed: dict[Hashable, ItemPair] = {}
    for pair in pairs:
        uncompressed.setdefault((pair.item, pair.shown["kernel"]), pair)
        if pair.shown["policy"] != NO_POLICY:
            _add(parts.setdefault(pair.label, {}), pair, _compressed_outcomes, is_one_prompt)
    for pair in uncompressed.values():
        _add(parts.setdefault(UNCOMPRESSED, {}), pair, _uncompressed_outcomes, is_one_prompt)
    return {part: [Pairs.count(held) for held in prompts.values()] for part, prompts in parts.items()}


def _add(
    prompts: dict[Hashable, list[tuple[bool, bool]]],
    pair: ItemPair,
    read: Callable[[Record], Outcomes],
    is_one_prompt: bool,
) -> None:
    assert pair.before is not None and pair.after is not None
    before, after = read(pair.before), read(pair.after)
    if _rules(pair.before) != _rules(pair.after) and before and after:
        before, after = {AS_A_WHOLE: all(before.values())}, {AS_A_WHOLE: all(after.values())}
    for check, held in before.items():
        if check in after:
            # Conversations of one prompt share its compressed context. With a single prompt the question is about this
            # very prompt, and its sampled replies are independent.
            seed = check[0] if isinstance(check, tuple) else None
            alone = is_one_prompt and seed is not None
            unit: Hashable = (pair.item.probe, seed) if alone else pair.item.prompt
            prompts.setdefault(unit, []).append((held, after[check]))


def _rules(case: Record) -> list[str]:
    return [check["rule"] for check in case["checks"]]


def _compressed_outcomes(case: Record) -> Outcomes:
    if case.get("by_seed"):
        # Of a seed, UNSTABLE says that a reply does not tell whether it obeys.
        return _by_seed(case, lambda verdict: None if verdict in (UNMET, "UNSTABLE") else verdict == HELD)
    return {
        (None, number): check["verdict"] == HELD
        for number, check in enumerate(case["checks"])
        if check["verdict"] in (HELD, *LOST) and not _is_undecided(check["baseline"], check["compressed"])
    }


def _uncompressed_outcomes(case: Record) -> Outcomes:
    if case.get("by_seed"):
        return _by_seed(case, lambda verdict: verdict != UNMET)
    checks = enumerate(case["checks"])
    return {
        (None, number): check["baseline"]["holds"] for number, check in checks if not _is_undecided(check["baseline"])
    }


def _by_seed(case: Record, read: Callable[[str], bool | None]) -> Outcomes:
    outcomes = {
        (seed["seed"], number): read(verdict)
        for seed in case["by_seed"]
        for number, verdict in enumerate(seed["verdicts"])
        if verdict in (HELD, UNMET, *LOST)
    }
    return {check: held for check, held in outcomes.items() if held is not None}


def _is_undecided(*checks: Record | None) -> bool:
    return any(check is not None and check.get("undecided", False) for check in checks)
