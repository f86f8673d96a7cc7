"""The lengths of replies in the guard's own JSON reports: every conversation once, on both arms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_kvguard.serving_cost.length_predictor import Example
from pytest_kvguard.serving_cost.report_files import read_report
from pytest_kvguard.values.lengths import LengthPair
from pytest_kvguard.values.results import DECIDED, NO_POLICY

__all__ = ["ReportLengths", "read_lengths"]

Record = Mapping[str, Any]
Place = tuple[str, str]
"""Contract, and policy at a ratio."""


@dataclass
class ReportLengths:
    """What reports tell of lengths.

    Attributes:
        pairs: uncompressed and compressed lengths.
        controls: uncompressed lengths, and those of the null arm, of the conversations for which it was run.
        examples: by method, prompts and how long their replies became; ``none`` is the uncompressed model.
    """

    pairs: dict[Place, list[LengthPair]] = field(default_factory=dict)
    controls: dict[Place, list[LengthPair]] = field(default_factory=dict)
    examples: dict[str, dict[Example, None]] = field(default_factory=dict)

    def add(self, cases: Sequence[Record]) -> None:
        """Take in the cases of one conversation, which share their replies."""
        case = cases[0]
        place = case["contract"], f"{case['policy']}-{case['ratio']}"
        for pair in _pairs(case):
            self.pairs.setdefault(place, []).append(pair)
            self._learn(NO_POLICY, case, pair.baseline)
            self._learn(place[1], case, pair.compressed)
        null = next((other["null"] for other in cases if other["null"]), None)
        if null:
            one, other = _length(case["baseline"]), _length(null["replies"])
            self.controls.setdefault(place, []).append(LengthPair(one[0], other[0], one[1], other[1]))

    def _learn(self, method: str, case: Record, tokens: int) -> None:
        example = Example(tuple(case["turns"]), tokens, case["contract"])
        self.examples.setdefault(method, {})[example] = None


def read_lengths(paths: Sequence[Path]) -> ReportLengths:
    """Return the lengths in JSON reports.

    What a search found is left out, for it was looked for, and so is what stopped early, for it would have gone on.

    Raises:
        UsageError: a file is no report.
    """
    found = ReportLengths()
    for path in paths:
        conversations: dict[tuple[Any, ...], list[Record]] = {}
        for case in read_report(path)["cases"]:
            if case["policy"] != NO_POLICY and case["arrangement"] is None and case["compressed"]:
                names = ("file", "contract", "probe", "policy", "ratio", "kernel", "order_index")
                if not _stopped_early(case):
                    conversations.setdefault(tuple(case[name] for name in names), []).append(case)
        for cases in conversations.values():
            found.add(cases)
    return found


def _stopped_early(case: Record) -> bool:
    arms = (case["baseline"], case["compressed"], case["null"] and case["null"]["replies"])
    replies = [reply for arm in arms for reply in arm or ()]
    return any(reply["stopped"] == DECIDED for reply in replies) or any(
        seed.get("stopped_early", False) for seed in case["by_seed"]
    )


def _pairs(case: Record) -> Iterator[LengthPair]:
    """Yield one pair per seed, or the greedy one."""
    for seed in case["by_seed"]:
        capped = seed.get("baseline_capped", False), seed.get("compressed_capped", False)
        yield LengthPair(seed["baseline_tokens"], seed["compressed_tokens"], *capped)
    if not case["by_seed"]:
        one, other = _length(case["baseline"]), _length(case["compressed"])
        yield LengthPair(one[0], other[0], one[1], other[1])


def _length(replies: Sequence[Record]) -> tuple[int, bool]:
    return sum(reply["tokens"] for reply in replies), any(reply["stopped"] == "length" for reply in replies)
