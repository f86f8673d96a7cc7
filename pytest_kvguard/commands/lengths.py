"""lengths: the change of reply lengths under compression, and predictions for unseen prompts."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from pytest_kvguard.commands.output_file import require_json_output, write_json
from pytest_kvguard.errors import UsageError
from pytest_kvguard.reports.lengths import lengths_text, prediction_text
from pytest_kvguard.reports.printable import printable
from pytest_kvguard.serving_cost.length_predictor import (
    LEAST_CONTRACTS,
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
    """Print the table and the accuracy of the predictor.

    Raises:
        UsageError: a file is no report, or holds no compressed conversation.
    """
    require_json_output("lengths", options.json)
    lengths = read_report_lengths(options.files)
    if not lengths.pairs:
        raise UsageError("The reports hold no compressed conversation. Run with --kv-policy.")
    rows = _rows(lengths)
    print(printable(lengths_text(rows)))
    enough = {method: list(of) for method, of in lengths.examples.items() if _count_contracts(of) >= LEAST_CONTRACTS}
    validated = {method: cross_validate(examples) for method, examples in enough.items()}
    print(f"\n{printable(prediction_text(validated))}" if validated else "\ntoo few contracts to predict lengths from")
    if options.predict is not None:
        _predict(lengths, validated, options.predict)
    if options.json:
        write_json("lengths", options.json, _document(rows, validated))
    return 0


def _count_contracts(examples: Iterable[Example]) -> int:
    return len({example.contract for example in examples})


def _rows(lengths: ReportLengths) -> dict[tuple[str, str], tuple[LengthSummary, LengthSummary | None]]:
    """Return one row per contract and method, then one per method over all contracts."""
    pairs, controls = dict(lengths.pairs), dict(lengths.controls)
    for method in dict.fromkeys(method for _, method in lengths.pairs):
        pairs[ALL, method] = _pooled(lengths.pairs, method)
        controls[ALL, method] = _pooled(lengths.controls, method)
    # A null arm that ran only for losses is no control, because those replies were selected.
    return {
        place: (
            summarize_lengths(members),
            summarize_lengths(controls[place]) if len(controls.get(place, ())) == len(members) else None,
        )
        for place, members in pairs.items()
    }


def _pooled(pairs: dict[tuple[str, str], list[LengthPair]], method: str) -> list[LengthPair]:
    return [pair for (_, name), members in pairs.items() if name == method for pair in members]


def _predict(lengths: ReportLengths, validated: dict[str, CrossValidation], text: str) -> None:
    for method, validation in validated.items():
        predictor = fit_predictor(list(lengths.examples[method]))
        tokens = sorted(example.tokens for example in lengths.examples[method])
        expected = predictor.predict((text,)) if validation.helps else tokens[len(tokens) // 2]
        error = min(validation.error, validation.trivial_error)
        print(f"{method}: about {expected:.0f} tokens, give or take {error:.0f}")


def _document(
    rows: dict[tuple[str, str], tuple[LengthSummary, LengthSummary | None]], validated: dict[str, CrossValidation]
) -> dict[str, object]:
    lengths = [
        {"contract": contract, "method": method, **asdict(summary), "control": asdict(control) if control else None}
        for (contract, method), (summary, control) in rows.items()
    ]
    return {"lengths": lengths, "predictor": {method: _accuracy(each) for method, each in validated.items()}}


def _accuracy(validation: CrossValidation) -> dict[str, object]:
    record = asdict(validation)
    # The file calls the number of contracts "groups".
    renamed = {"groups" if name == "contracts" else name: value for name, value in record.items()}
    return {**renamed, "helps": validation.helps}
