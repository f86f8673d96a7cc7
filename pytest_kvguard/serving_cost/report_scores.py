"""The guard's own JSON reports as scores: every check of a contract is a sample, every policy at a ratio a method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from pytest_kvguard.serving_cost.negative_samples import SampleKey
from pytest_kvguard.serving_cost.report_files import read_report
from pytest_kvguard.values.results import NO_POLICY

__all__ = ["ReportScores", "read_reports"]

Record = Mapping[str, Any]


@dataclass
class ReportScores:
    """What reports tell of scores.

    Attributes:
        scores: by method; a score is the share of a case's checks that hold. ``none`` is the uncompressed arm.
        cases: the record that each sample of each method came from.
        left_out: cases that give no score, by why.
    """

    scores: dict[str, dict[SampleKey, Fraction]] = field(default_factory=dict)
    cases: dict[tuple[str, SampleKey], Record] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    def add(self, case: Record) -> None:
        """Take in one case of a report."""
        why = _unscored(case)
        if why:
            self.left_out[why] = self.left_out.get(why, 0) + 1
            return
        method, key = f"{case['policy']}-{case['ratio']}", _key(case)
        self.scores.setdefault(NO_POLICY, {})[key] = _share(case["checks"], "baseline")
        self.scores.setdefault(method, {})[key] = _share(case["checks"], "compressed")
        self.cases[method, key] = case


def read_reports(paths: Sequence[Path]) -> ReportScores:
    """Return the scores in JSON reports.

    Raises:
        UsageError: a file is no report, or of a format that this version does not know.
    """
    found = ReportScores()
    for path in paths:
        for case in read_report(path)["cases"]:
            found.add(case)
    return found


def _unscored(case: Record) -> str:
    if case["policy"] == NO_POLICY:
        return "not compressed"
    if case["seed"] is not None:
        return "drawn with seeds"
    if case["arrangement"] is not None:
        return "found by a search"
    return "" if case["checks"] and all(check["compressed"] for check in case["checks"]) else "could not run"


def _key(case: Record) -> SampleKey:
    order = f" order{case['order_index']}" if case["order_index"] else ""
    return case["contract"], f"{case['probe']}::{case['instruction']}{order} {case['kernel']}"


def _share(checks: Sequence[Record], arm: str) -> Fraction:
    return Fraction(sum(check[arm]["holds"] for check in checks), len(checks))
