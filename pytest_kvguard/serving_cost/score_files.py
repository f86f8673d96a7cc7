"""Readers of score files: one row per method, data set, id and score, as JSON lines or CSV, gzipped or not."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from kvguard_policies.exact_numbers import read_fraction
from pytest_kvguard.errors import UsageError, suggest
from pytest_kvguard.external.json_text import read_json
from pytest_kvguard.external.regular_files import read_regular
from pytest_kvguard.serving_cost.negative_samples import MethodScores, SampleKey

__all__ = ["COLUMNS", "baseline_of", "read_rows", "read_scores"]

MOST_BYTES = 256 << 20
"""The most that a compressed file may hold: scores of some million samples."""

COLUMNS = ("method", "dataset", "id", "score")
"""The columns of every row. An optional column ``model`` keeps the data sets of several models apart."""

UNCOMPRESSED = frozenset(
    (
        *("no", "none", "uncompressed", "baseline", "base", "full", "fullkv", "original", "dense", "nocompression"),
        *("fp16", "bf16", "fp32", "float16", "bfloat16", "float32"),
    )
)
"""Words that name an uncompressed run."""

BESIDE = frozenset(("compression", "policy", "kv", "cache", "attention", "precision", "16", "32", "bit"))
"""Words that may accompany them."""

Pool = dict[str, dict[SampleKey, Fraction]]


def read_scores(paths: Iterable[Path]) -> dict[str, MethodScores]:
    """Return the scores of all files, by method.

    Files may add methods, data sets or samples to each other. If a file contradicts the score of an earlier one, it is
    taken to be of another model, and its name becomes part of its data sets' names.

    Raises:
        UsageError: a file cannot be read, a row lacks a column, or a file scores a sample twice.
    """
    pool: Pool = {}
    for path in paths:
        scores = _read_file(path)
        apart = any(
            pool.get(name, {}).get(key, score) != score for name, keys in scores.items() for key, score in keys.items()
        )
        for name, keys in scores.items():
            named = {(f"{path.name}:{key[0]}" if apart else key[0], key[1]): score for key, score in keys.items()}
            pool.setdefault(name, {}).update(named)
    if not pool:
        raise UsageError("The score files hold no row. Write one per method, data set and id.")
    return dict(pool)


def _read_file(path: Path) -> Pool:
    scores: Pool = {}
    for line, row in read_rows(path):
        method, key, score = _scored(path, line, row)
        known = scores.setdefault(method, {}).setdefault(key, score)
        if known != score:
            twice = f"{path}:{line}: {method} scores {float(score):g} on id {key[1]} of {key[0]}, but {float(known):g}"
            raise UsageError(
                f"{twice} in a line before. Score a sample once; where a file is of several models, give it a column "
                "'model'."
            )
    return scores


def baseline_of(methods: Sequence[str], name: str | None = None) -> str:
    """Return the uncompressed method: the one named, else the only one whose own name says so.

    Raises:
        UsageError: there is no such method, or no name or several names say so.
    """
    if name is not None:
        if name in methods:
            return name
        raise UsageError(f"--baseline={name}: no such method. Allowed: {', '.join(methods)}.{suggest(name, methods)}")
    candidates = [method for method in methods if UNCOMPRESSED & _words(method)]
    candidates = [method for method in candidates if _words(method) <= UNCOMPRESSED | BESIDE] or candidates
    if len(candidates) == 1:
        return candidates[0]
    why = f"{', '.join(candidates)} all could be" if candidates else f"no name of {', '.join(methods)} says so"
    raise UsageError(f"Which method is the uncompressed one? {why}. Name it: --baseline=METHOD.")


def _words(name: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", name.lower()))


def read_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield (line number, row) of a ``.csv`` or ``.jsonl`` file, with or without ``.gz``.

    Raises:
        UsageError: the file has another ending, cannot be read, or a line is no JSON object.
    """
    kind = path.name.removesuffix(".gz").rpartition(".")[2].lower()
    if kind not in ("csv", "jsonl"):
        raise UsageError(f"{path} is neither .jsonl nor .csv (.gz may follow). Rename or convert it.")
    try:
        content = read_regular(path)
        if path.suffix == ".gz":
            content = _decompressed(content)
        text = content.decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise UsageError(f"{path} cannot be read: {error}. Name another file, or mend this one.") from error
    if kind == "csv":
        reader = csv.DictReader(io.StringIO(text))
        try:
            yield from ((reader.line_num, row) for row in reader)
        except csv.Error as error:
            raise UsageError(f"{path}:{reader.line_num}: no CSV: {error}. Mend the line.") from None
    else:
        # Not splitlines, because strings in JSON may hold other line separators.
        lines = ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())
        yield from ((number, _object(path, number, line)) for number, line in lines)


def _decompressed(content: bytes) -> bytes:
    """Return what a gzip file holds; a small one can hold more than there is memory."""
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        plain = file.read(MOST_BYTES + 1)
    if len(plain) > MOST_BYTES:
        raise OSError(f"it holds more than {MOST_BYTES >> 20} MiB")
    return plain


def _object(path: Path, number: int, line: str) -> Mapping[str, Any]:
    try:
        row = read_json(line, parse_float=str)
    except ValueError as error:
        raise UsageError(f"{path}:{number}: no JSON: {error}. Write one object per line.") from error
    if not isinstance(row, dict):
        raise UsageError(f"{path}:{number}: no object: {line[:40]!r}. Write one object with {', '.join(COLUMNS)}.")
    return row


def _scored(path: Path, line: int, row: Mapping[str, Any]) -> tuple[str, SampleKey, Fraction]:
    missing = [name for name in COLUMNS if row.get(name) in (None, "")]
    if missing:
        raise UsageError(f"{path}:{line}: no {missing[0]!r}. Every row needs {', '.join(COLUMNS)}.")
    try:
        score = read_fraction(str(row["score"]))
    except (ValueError, ZeroDivisionError):
        shown = repr(str(row["score"])[:40])
        raise UsageError(f"{path}:{line}: the score {shown} is no number. Leave out what was not scored.") from None
    data_set = "/".join(str(row[name]) for name in ("model", "dataset") if row.get(name))
    return str(row["method"]), (data_set, str(row["id"])), score
