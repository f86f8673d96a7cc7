"""lengths: how compression changed the length of replies, and whether lengths of unseen prompts can be predicted."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from pytest_kvguard.commands.output_file import write_output
from pytest_kvguard.errors import UsageError
from pytest_kvguard.reports.lengths import lengths_text, prediction_text
from pytest_kvguard.reports.printable import printable
from pytest_kvguard.serving_cost.length_predictor import (
    LEAST_GROUPS,
    CrossValidation,
    Example,
    cross_validate,
    fit_predictor,
)
from pytest_kvguard.serving_cost.output_length import summarize_lengths
from pytest_kvguard.serving_cost.report_files import ReportLengths, read_report_lengths
from pytest_kvguard.values.lengths import LengthPair, LengthSummary

__all__ = ["HELP", "add_arguments", "run"]

HELP = "compare reply lengths in JSON reports, and predict those of unseen prompts"
ALL = "(all)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("files", type=Path, nargs="+", metavar="REPORT", help="what --kv-report=json:PATH wrote")
    parser.add_argument("--predict", metavar="TEXT", help="also predict the length of the reply to this user turn")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")


def run(options: argparse.Namespace) -> int:
    """Print the table and what the predictor is worth.

    Raises:
        UsageError: a file is no report, or there is too little in it.
    """
    found = read_report_lengths(options.files)
    if not found.pairs:
        raise UsageError("The reports hold no compressed conversation. Run with --kv-policy.")
    rows = _rows(found)
    print(printable(lengths_text(rows)))
    enough = {method: list(made) for method, made in found.examples.items() if _groups(made) >= LEAST_GROUPS}
    validated = {method: cross_validate(examples) for method, examples in enough.items()}
    print(f"\n{printable(prediction_text(validated))}" if validated else "\ntoo few contracts to predict lengths from")
    if options.predict is not None:
        _predict(found, validated, options.predict)
    if options.json:
        write_output(options.json, json.dumps(_document(rows, validated), indent=2) + "\n")
    return 0


def _groups(examples: Iterable[Example]) -> int:
    return len({example.group for example in examples})


def _rows(found: ReportLengths) -> dict[tuple[str, str], tuple[LengthSummary, LengthSummary | None]]:
    """Return a row per contract and method, then one per method over all contracts."""
    pairs, controls = dict(found.pairs), dict(found.controls)
    for method in dict.fromkeys(method for _, method in found.pairs):
        pairs[ALL, method] = _pooled(found.pairs, method)
        controls[ALL, method] = _pooled(found.controls, method)
    # Where the null arm ran for what was lost alone, it is no control: those replies were picked.
    return {
        place: (
            summarize_lengths(members),
            summarize_lengths(controls[place]) if len(controls.get(place, ())) == len(members) else None,
        )
        for place, members in pairs.items()
    }


def _pooled(pairs: dict[tuple[str, str], list[LengthPair]], method: str) -> list[LengthPair]:
    return [pair for (_, name), members in pairs.items() if name == method for pair in members]


def _predict(found: ReportLengths, validated: dict[str, CrossValidation], text: str) -> None:
    for method, worth in validated.items():
        predictor = fit_predictor(list(found.examples[method]))
        tokens = sorted(example.tokens for example in found.examples[method])
        expected = predictor.predict((text,)) if worth.helps else tokens[len(tokens) // 2]
        print(f"{method}: about {expected:.0f} tokens, give or take {min(worth.error, worth.trivial_error):.0f}")


def _document(
    rows: dict[tuple[str, str], tuple[LengthSummary, LengthSummary | None]], validated: dict[str, CrossValidation]
) -> dict[str, object]:
    lengths = [
        {"contract": contract, "method": method, **asdict(found), "control": asdict(control) if control else None}
        for (contract, method), (found, control) in rows.items()
    ]
    return {
        "lengths": lengths,
        "predictor": {method: {**asdict(worth), "helps": worth.helps} for method, worth in validated.items()},
    }
