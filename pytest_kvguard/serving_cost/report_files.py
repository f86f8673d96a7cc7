"""Readers of the plugin's own JSON reports: whole, for scores, and for reply lengths.

For scores, every case is a sample, and every policy at a ratio is a method. For lengths, every conversation counts
once, on both arms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import isfinite
from pathlib import Path
from typing import Any

from kvguard_policies.exact_numbers import read_fraction
from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.json_text import read_json
from pytest_kvguard.external.regular_files import read_regular
from pytest_kvguard.serving_cost.length_predictor import Example
from pytest_kvguard.serving_cost.negative_samples import SampleKey
from pytest_kvguard.serving_cost.report_shape import LENGTH_CASE, SCORE_CASE, Listed, shape_problem
from pytest_kvguard.values.cell import NO_POLICY, written_ratio
from pytest_kvguard.values.lengths import LengthPair

__all__ = ["ReportLengths", "ReportScores", "read_document", "read_report_lengths", "read_report_scores"]

VERSIONS = (1, 2)
"""The report formats that can be read; the first wrote ratios as they were typed."""

Record = Mapping[str, Any]
Place = tuple[str, str]
"""Contract, and policy at a ratio."""


@dataclass
class ReportScores:
    """The scores in reports.

    Attributes:
        scores: by method; a score is the share of a case's checks that hold. ``none`` is the uncompressed arm.
        cases: the record of each sample of each method.
        left_out: number of cases without a score, by reason.
    """

    scores: dict[str, dict[SampleKey, Fraction]] = field(default_factory=dict)
    cases: dict[tuple[str, SampleKey], Record] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    def add(self, case: Record) -> None:
        """Add one case of a report."""
        why = _unscored(case)
        if why:
            self.left_out[why] = self.left_out.get(why, 0) + 1
            return
        method, key = _method(case), _key(case)
        self.scores.setdefault(NO_POLICY, {})[key] = _share(case["checks"], "baseline")
        self.scores.setdefault(method, {})[key] = _share(case["checks"], "compressed")
        self.cases[method, key] = case


def read_report_scores(paths: Sequence[Path]) -> ReportScores:
    """Return the scores in JSON reports.

    Raises:
        UsageError: a file is no report, is damaged, or has a format that this version does not read.
    """
    scores = ReportScores()
    for path in paths:
        for case in _read_cases(path, SCORE_CASE):
            scores.add(case)
    return scores


def _unscored(case: Record) -> str:
    if case["policy"] == NO_POLICY:
        return "not compressed"
    if case["seed"] is not None:
        return "sampled with seeds"
    if case["arrangement"] is not None:
        return "from a search"
    if not case["checks"] or not all(check["compressed"] for check in case["checks"]):
        return "could not run"
    undecided = any(check[arm].get("undecided") for check in case["checks"] for arm in ("baseline", "compressed"))
    return "undecided" if undecided else ""


def _method(case: Record) -> str:
    return f"{case['policy']}-{written_ratio(read_fraction(case['ratio']))}"


def _key(case: Record) -> SampleKey:
    order = f" order{case['order_index']}" if case["order_index"] else ""
    return case["contract"], f"{case['probe']}::{case['instruction']}{order} {case['kernel']}"


def _share(checks: Sequence[Record], arm: str) -> Fraction:
    return Fraction(sum(check[arm]["holds"] for check in checks), len(checks))


@dataclass
class ReportLengths:
    """The reply lengths in reports.

    Attributes:
        pairs: uncompressed and compressed lengths.
        controls: lengths of the uncompressed and the null arm, for conversations with a null arm.
        examples: by method, prompts with the lengths of their replies; ``none`` is the uncompressed model.
    """

    pairs: dict[Place, list[LengthPair]] = field(default_factory=dict)
    controls: dict[Place, list[LengthPair]] = field(default_factory=dict)
    examples: dict[str, dict[Example, None]] = field(default_factory=dict)

    def add(self, cases: Sequence[Record]) -> None:
        """Add the cases of one conversation, which share their replies."""
        case = cases[0]
        place = case["contract"], _method(case)
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


def read_report_lengths(paths: Sequence[Path]) -> ReportLengths:
    """Return the lengths in JSON reports.

    Conversations of a search are left out, because they were selected for their failure.

    Raises:
        UsageError: a file is no report, is damaged, or has a format that this version does not read.
    """
    lengths = ReportLengths()
    for path in paths:
        conversations: dict[tuple[Any, ...], list[Record]] = {}
        for case in _read_cases(path, LENGTH_CASE):
            if case["policy"] != NO_POLICY and case["arrangement"] is None and case["compressed"]:
                names = ("file", "contract", "probe", "policy", "ratio", "kernel", "order_index")
                conversations.setdefault(tuple(case[name] for name in names), []).append(case)
        for cases in conversations.values():
            lengths.add(cases)
    return lengths


def _pairs(case: Record) -> Iterator[LengthPair]:
    """Yield one pair per seed, or one for greedy decoding."""
    for seed in case["by_seed"]:
        capped = seed.get("baseline_capped", False), seed.get("compressed_capped", False)
        yield LengthPair(seed["baseline_tokens"], seed["compressed_tokens"], *capped)
    if not case["by_seed"]:
        one, other = _length(case["baseline"]), _length(case["compressed"])
        yield LengthPair(one[0], other[0], one[1], other[1])


def _length(replies: Sequence[Record]) -> tuple[int, bool]:
    return sum(reply["tokens"] for reply in replies), any(reply["stopped"] == "length" for reply in replies)


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not a number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _refuse_constant(text)


def read_document(path: Path, shape: Mapping[str, Any]) -> Record:
    """Return a report with everything that the shape names.

    Raises:
        UsageError: the file is no report, is damaged, or has a format that this version does not read.
    """
    remedy = "Name a file that --kv-report=json:PATH wrote."
    try:
        text = read_regular(path).decode()
        document: Record = read_json(text, parse_float=_finite, parse_constant=_refuse_constant)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as JSON: {error}. {remedy}") from error
    if not isinstance(document, dict) or "cases" not in document:
        raise UsageError(f"{path} is no report of a run. {remedy}")
    version = document.get("version")
    if not isinstance(version, int) or version not in VERSIONS:
        known = " and ".join(map(str, VERSIONS))
        raise UsageError(
            f"{path} has report format {str(version)[:40]}, this version reads {known}. Run the tests again."
        )
    problem = shape_problem(document, shape, "")
    if problem:
        raise UsageError(f"{path} is damaged: {problem}. Run the tests again, or name another report.")
    return document


def _read_cases(path: Path, shape: Mapping[str, Any]) -> list[Record]:
    cases: list[Record] = read_document(path, {"cases": Listed(shape)})["cases"]
    return cases
