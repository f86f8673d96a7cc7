"""Score files: one row per method, data set, id and score, as JSON lines or CSV, gzipped or not."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from pytest_kvguard.errors import UsageError, suggest
from pytest_kvguard.serving_cost.negative_samples import MethodScores, SampleKey

__all__ = ["COLUMNS", "baseline_of", "read_rows", "read_scores"]

COLUMNS = ("method", "dataset", "id", "score")
"""What every row has. A column ``model`` sets its rows' data sets apart."""

UNCOMPRESSED = frozenset(
    (
        *("no", "none", "uncompressed", "baseline", "base", "full", "fullkv", "original", "dense", "nocompression"),
        *("fp16", "bf16", "fp32", "float16", "bfloat16", "float32"),
    )
)
"""Words by which uncompressed runs are called; with them may stand ``BESIDE``."""

BESIDE = frozenset(("compression", "policy", "kv", "cache", "attention", "precision", "16", "32", "bit"))

Pool = dict[str, dict[SampleKey, Fraction]]


def read_scores(paths: Iterable[Path]) -> dict[str, MethodScores]:
    """Return the scores of every method in files, together.

    Files may add methods, data sets or samples to each other. One that gives another score to a sample that is known
    already speaks of another model: its data sets are set apart by its name.

    Raises:
        UsageError: a file cannot be read, a row lacks a column, or a file scores a sample twice.
    """
    pool: Pool = {}
    for path in paths:
        found = _read_file(path)
        apart = any(
            pool.get(name, {}).get(key, score) != score for name, keys in found.items() for key, score in keys.items()
        )
        for name, keys in found.items():
            named = {(f"{path.name}:{key[0]}" if apart else key[0], key[1]): score for key, score in keys.items()}
            pool.setdefault(name, {}).update(named)
    if not pool:
        raise UsageError("The score files hold no row. Write one per method, data set and id.")
    return dict(pool)


def _read_file(path: Path) -> Pool:
    found: Pool = {}
    for line, row in read_rows(path):
        method, key, score = _scored(path, line, row)
        known = found.setdefault(method, {}).setdefault(key, score)
        if known != score:
            twice = f"{path}:{line}: {method} scores {float(score):g} on id {key[1]} of {key[0]}, but {float(known):g}"
            raise UsageError(
                f"{twice} in a line before. Score a sample once; where a file is of several models, give it a column "
                "'model'."
            )
    return found


def baseline_of(methods: Sequence[str], wanted: str | None = None) -> str:
    """Return the uncompressed method: the one that is wanted, or the only one whose name says so.

    Raises:
        UsageError: there is no such method, or it cannot be told which it is.
    """
    if wanted is not None:
        if wanted in methods:
            return wanted
        raise UsageError(f"--baseline={wanted}: no such method. Found: {', '.join(methods)}.{suggest(wanted, methods)}")
    called = [name for name in methods if UNCOMPRESSED & _words(name)]
    called = [name for name in called if _words(name) <= UNCOMPRESSED | BESIDE] or called
    if len(called) == 1:
        return called[0]
    why = f"{', '.join(called)} all could be" if called else f"no name of {', '.join(methods)} says so"
    raise UsageError(f"Which method is the uncompressed one? {why}. Name it: --baseline=METHOD.")


def _words(name: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", name.lower()))


def read_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield line numbers and rows of a ``.csv`` or ``.jsonl`` file, with or without ``.gz``.

    Raises:
        UsageError: the file is of another kind, cannot be read, or a line is no JSON object.
    """
    kind = path.name.removesuffix(".gz").rpartition(".")[2].lower()
    if kind not in ("csv", "jsonl"):
        raise UsageError(f"{path} is neither .jsonl nor .csv (.gz may follow). Rename or convert it.")
    try:
        text = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}. Name another file, or mend this one.") from error
    if kind == "csv":
        reader = csv.DictReader(io.StringIO(text))
        yield from ((reader.line_num, row) for row in reader)
    else:
        # Not splitlines: texts in JSON may hold other line separators as they are.
        lines = ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())
        yield from ((number, _object(path, number, line)) for number, line in lines)


def _object(path: Path, number: int, line: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line, parse_float=str)
    except ValueError as error:
        raise UsageError(f"{path}:{number}: no JSON: {error}. Write one object per line.") from error
    if not isinstance(row, dict):
        raise UsageError(f"{path}:{number}: found {line[:40]!r}. Write one object with {', '.join(COLUMNS)}.")
    return row


def _scored(path: Path, line: int, row: Mapping[str, Any]) -> tuple[str, SampleKey, Fraction]:
    missing = [name for name in COLUMNS if row.get(name) in (None, "")]
    if missing:
        raise UsageError(f"{path}:{line}: no {missing[0]!r}. Every row needs {', '.join(COLUMNS)}.")
    try:
        score = Fraction(str(row["score"]).strip())
    except ValueError:
        message = f"{path}:{line}: the score {row['score']!r} is no number. Leave out what was not scored."
        raise UsageError(message) from None
    data_set = "/".join(str(row[name]) for name in ("model", "dataset") if row.get(name))
    return str(row["method"]), (data_set, str(row["id"])), score
