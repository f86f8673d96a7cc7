"""The page of supported models, written from the figures of the trials."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.json_report import write_rows
from benchmarks.model_trial import COLUMNS, CRASHED, DECODER, POLICIES, QUANTIZERS, REFUSED, UNTESTED, WORKS, WRONG

__all__ = ["PAGE", "read_trials", "summary_lines", "verdict", "write_page", "write_trials"]

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "model-support.md"

MANY = 10
"""Policies of the twelve with which a class must work to count as supported."""

Record = Mapping[str, Any]

HEAD = """# Model support

Every class of `AutoModelForCausalLM` as a tiny random model, under all policies. Written by `make models`; do not edit.
[Models](models.md) says what a model must have, and why some are refused.

Nothing counts as working by running alone. Each column is compared with what transformers' own code computes without
this package:

| column | compared with |
|---|---|
| plain | the tokens and logits of `generate`, for three lengths in one batch; windows and chunks are shorter |
| scores | formulas over the attention weights that the eager model returns |
| policies | at ratio 0.5 the exact budget, and the logits of six generated tokens by the model's own eager \
attention with the evicted keys masked; at ratio 0 `generate`; for `expected_attention`, `h2o`, `keydiff`, `knorm`, \
`observed_attention`, `snapkv` and `tova` their formulas |
| quantizers | a small but present error, and the logits of the model's own attention over the stored keys and values |
| prompt, decode | the same for the scope *prompt*, and for a budget that is held while generating |

"""


def read_trials(path: Path) -> dict[str, dict[str, Record]]:
    """Return the records by release of transformers and row; empty if there are none yet."""
    figures = json.loads(path.read_text("utf-8"))["transformers"] if path.exists() else {}
    return {release: {row: _unpacked(record) for row, record in rows.items()} for release, rows in figures.items()}


def write_trials(path: Path, figures: Mapping[str, Mapping[str, Record]]) -> None:
    """Write the records, one line each, with the columns by what became of them."""
    rows = {release: {row: _packed(record) for row, record in own.items()} for release, own in figures.items()}
    write_rows(path, "transformers", rows)


def _packed(record: Record) -> Record:
    columns: dict[str, dict[str, list[str]]] = {}
    for name, column in record["columns"].items():
        columns.setdefault(column["outcome"], {}).setdefault(column["detail"], []).append(name)
    return {**record, "columns": columns}


def _unpacked(record: Record) -> Record:
    found = {
        name: {"outcome": outcome, "detail": detail}
        for outcome, details in record["columns"].items()
        for detail, names in details.items()
        for name in names
    }
    return {**record, "columns": {name: found[name] for name in COLUMNS if name in found}}


def outcomes(record: Record, columns: Iterable[str]) -> list[str]:
    """Return the outcomes of some columns; those of a model that was not built are missing."""
    return [record["columns"][name]["outcome"] for name in columns if name in record["columns"]]


def verdict(record: Record) -> str:
    """Return what a class comes to: its state, or the worst that happened, or whether any policy works."""
    if not record["columns"]:
        return str(record["state"])
    found = outcomes(record, COLUMNS)
    worst = next((outcome for outcome in (WRONG, CRASHED) if outcome in found), "")
    return worst or (WORKS if WORKS in outcomes(record, POLICIES) else REFUSED)


def summary_lines(records: Mapping[str, Record]) -> list[str]:
    """Return what the table comes to, one line each."""
    verdicts = Counter(verdict(record) for record in records.values())
    cached = [record for record in records.values() if record["cached_layers"]]
    decoders = [record for record in cached if record["kind"] == DECODER]
    columns = [column for record in records.values() for column in record["columns"].values()]
    silent = sum(column["outcome"] == WRONG for column in columns)
    untested = sum(column["outcome"] == UNTESTED for column in columns)
    return [
        f"{len(records)} rows: " + ", ".join(f"{count} {name}" for name, count in verdicts.most_common()),
        _share("decoders with a KV cache", decoders),
        _share("all classes with a KV cache, encoders with a head and halves of encoder-decoders included", cached),
        f"silently wrong: {silent} of {len(columns)} cells; not compared: {untested}",
    ]


def _share(what: str, records: list[Record]) -> str:
    good = sum(outcomes(record, POLICIES).count(WORKS) >= MANY for record in records)
    return (
        f"{what}: {good} of {len(records)} ({good / max(1, len(records)):.0%}) work with {MANY} or more of 12 policies"
    )


def write_page(figures: Mapping[str, Mapping[str, Record]], path: Path = PAGE) -> None:
    """Write the page of all releases, the newest first."""
    releases = sorted(figures, key=lambda release: [int(part) for part in release.split(".")], reverse=True)
    sections = [_section(release, figures[release]) for release in releases]
    path.write_text(HEAD + "\n\n".join(sections) + "\n", encoding="utf-8")


def _section(release: str, records: Mapping[str, Record]) -> str:
    by_verdict: dict[str, list[Record]] = {}
    for _, record in sorted(records.items()):
        by_verdict.setdefault(verdict(record), []).append(record)
    lines = [f"## transformers {release}", "", *(f"* {line}" for line in summary_lines(records)), ""]
    ran = [record for name in (WRONG, CRASHED, WORKS) for record in by_verdict.pop(name, []) if record["columns"]]
    lines += [
        "| class | plain | scores | policies | quantizers | prompt | decode | remarks |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [_row(record) for record in ran]
    for name, rest in sorted(by_verdict.items()):
        lines += ["", f"### {name.capitalize()}", "", "| class | why |", "|---|---|"]
        lines += [f"| {_name(record)} | {_cell(_reason(record))} |" for record in rest]
    return "\n".join(lines)


def _row(record: Record) -> str:
    columns = record["columns"]
    policies = f"{outcomes(record, POLICIES).count(WORKS)}/{len(POLICIES)}"
    quantizers = f"{outcomes(record, QUANTIZERS).count(WORKS)}/{len(QUANTIZERS)}"
    plain, scores, prompt, decode = (columns[name]["outcome"] for name in ("plain", "scores", "prompt", "decode"))
    cells = (_name(record), plain, scores, policies, quantizers, prompt, decode, _remarks(record))
    return f"| {' | '.join(cells)} |"


def _remarks(record: Record) -> str:
    """Return the names of the columns that do not work, with what each says."""
    said: dict[str, list[str]] = {}
    for name, column in record["columns"].items():
        if column["outcome"] != WORKS:
            said.setdefault(f"{column['outcome']}: {column['detail']}", []).append(name)
    remarks = [record["detail"]] if record["detail"] else []
    remarks += [f"{', '.join(names)} {line}" for line, names in said.items()]
    return _cell("; ".join(remarks))


def _reason(record: Record) -> str:
    columns = record["columns"]
    return str(record["detail"] if not columns else next(iter(columns.values()))["detail"] or _remarks(record))


def _name(record: Record) -> str:
    name, *more = str(record["name"]).split(" ", 1)
    return " ".join([f"`{name}`", *more])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
