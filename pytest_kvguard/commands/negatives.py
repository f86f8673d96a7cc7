"""negatives: samples that collapse under compression, from score files or the plugin's own reports."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

from pytest_kvguard.commands.output_file import require_json_output, write_json, write_output
from pytest_kvguard.contract.excerpt import excerpt
from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.contract.write import write_contract
from pytest_kvguard.errors import UsageError, suggest
from pytest_kvguard.reports.negatives import negatives_text, tasks_text
from pytest_kvguard.reports.ownership import require_output, starts_with
from pytest_kvguard.reports.printable import printable
from pytest_kvguard.serving_cost.negative_samples import (
    THRESHOLDS,
    MethodScores,
    SampleKey,
    count_by_task,
    count_negatives,
    negative_samples,
)
from pytest_kvguard.serving_cost.report_files import ReportScores, read_report_scores
from pytest_kvguard.serving_cost.score_files import baseline_of, read_scores

__all__ = ["HELP", "add_arguments", "run"]

HELP = "find samples that collapse under compression, and whether that is more than noise"
DEFAULT_THRESHOLD = 10
CONTRACT_HEAD = "# Written by python -m pytest_kvguard negatives, which replaces this file unless it was edited.\n"
DIGEST_HEAD = "# sha256 of what follows: "
FAILING = {"regression": {"regression"}, "borderline": {"regression", "borderline"}}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("files", type=Path, nargs="+", metavar="SCORES", help=".jsonl, .csv (also .gz) or JSON reports")
    parser.add_argument("--baseline", metavar="METHOD", help="the uncompressed one (default: the one so named)")
    parser.add_argument("--threshold", type=int, default=DEFAULT_THRESHOLD, choices=THRESHOLDS, help="loss in percent")
    parser.add_argument(
        "--together", action="append", metavar="A+B", help="methods that must all fail (default: pairs)"
    )
    parser.add_argument("--by-task", action="store_true", help="also count by data set")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the counts and the samples there")
    parser.add_argument(
        "--write", type=Path, metavar="DIR", help="write contracts with the samples that collapse there"
    )
    parser.add_argument("--fail-on", choices=FAILING, help="exit with 1 on such a verdict")


def run(options: argparse.Namespace) -> int:
    """Print the counts and verdicts.

    Raises:
        KVGuardError: a file cannot be read or written, or a method does not exist.
    """
    require_json_output("negatives", options.json)
    reports, scores = _read(options.files)
    baseline = baseline_of(tuple(scores), options.baseline)
    others = [name for name in sorted(scores) if name != baseline]
    _require(bool(others), f"There is only {baseline}, so nothing can be compared with it. Name more files.")
    together = None if options.together is None else [_methods(text, others) for text in options.together]
    counts = count_negatives(scores, baseline, together)
    threshold = Fraction(options.threshold, 100)
    by_task = {name: count_by_task(scores[baseline], scores[name], threshold) for name in others}
    mined = {name: sorted(negative_samples(scores[baseline], [scores[name]], threshold)) for name in others}
    print(printable(negatives_text(counts, str(options.threshold))))
    if options.by_task:
        print(f"\n{printable(tasks_text(by_task))}")
    for why, count in reports.left_out.items():
        print(f"note: {count} cases left out: {why}")
    if options.json:
        write_json("negatives", options.json, {**counts, "by_task": by_task, "samples": mined})
    if options.write:
        _write_contracts(options.write, reports, mined)
    failing = FAILING.get(options.fail_on, set())
    return int(any(pair["verdict"] in failing for pair in counts["pairs"].values()))


def _read(files: Sequence[Path]) -> tuple[ReportScores, Mapping[str, MethodScores]]:
    reports = [path for path in files if path.suffix == ".json"]
    others = [path for path in files if path.suffix != ".json"]
    _require(not (reports and others), "Reports and score files cannot be compared. Name files of one kind.")
    read = read_report_scores(reports)
    if others:
        return read, read_scores(others)
    if not read.scores:
        why = ", ".join(f"{count} {reason}" for reason, count in read.left_out.items()) or "there are no cases"
        raise UsageError(f"The reports hold no compressed case that gives a score: {why}. Run with --kv-policy.")
    return read, read.scores


def _methods(text: str, known: Sequence[str]) -> tuple[str, ...]:
    names = tuple(text.split("+"))
    for name in names:
        message = f"--together={text}: no method {name!r}. Allowed: {', '.join(known)}.{suggest(name, known)}"
        _require(name in known, message)
    return names


def _write_contracts(folder: Path, reports: ReportScores, mined: Mapping[str, Sequence[SampleKey]]) -> None:
    """Write one contract per order of a contract with collapsed samples, with attacks in contracts of their own."""
    _require(bool(reports.cases), "--write: score files hold no prompts. Name JSON reports instead.")
    cases = [reports.cases[method, key] for method, keys in mined.items() for key in keys]
    by_place: dict[tuple[str, int, bool, tuple[str, ...]], set[str]] = {}
    for case in cases:
        if case["file"].endswith(".kv.yaml"):
            place = case["file"], case["order_index"], case["probe"].startswith("attack-"), tuple(case["order"])
            by_place.setdefault(place, set()).add(case["probe"])
    contracts: dict[Path, str] = {}
    written: dict[str, int] = {}
    for (file, _, attack, order), probes in sorted(by_place.items()):
        contract = parse_contract(Path(file))
        _require(
            sorted(order) == sorted(contract.written_order) and probes <= {probe.id for probe in contract.probes},
            f"{file} has other instructions or probes than the report says. Run the tests again, then --write.",
        )
        stem = re.sub(r"[^A-Za-z0-9_-]+", "-", f"{contract.name}-{'leaks' if attack else 'losses'}")
        written[stem] = written.get(stem, 0) + 1
        name = stem if written[stem] == 1 else f"{stem}-{written[stem]}"
        contracts[folder / f"{name}.kv.yaml"] = _marked(write_contract(excerpt(contract, name, order, probes)))
    for path in contracts:
        require_output(f"--write={folder}: {path.name}", path, _is_unedited)
    for path, text in contracts.items():
        write_output(path, text)
    print(f"{len(by_place)} contract{'s' * (len(by_place) != 1)} written to {folder}")


def _marked(text: str) -> str:
    return f"{CONTRACT_HEAD}{DIGEST_HEAD}{sha256(text.encode()).hexdigest()}\n{text}"


def _is_unedited(path: Path) -> bool:
    """Return whether a contract is as we wrote it: what somebody edited is theirs."""
    if not starts_with(CONTRACT_HEAD + DIGEST_HEAD)(path):
        return False
    text = path.read_text(encoding="utf-8", errors="replace")
    return _marked(text.split("\n", 2)[-1]) == text


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise UsageError(message)
