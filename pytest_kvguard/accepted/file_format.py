"""The file of accepted losses: YAML made for review, read with the place of every mistake."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from pytest_kvguard.accepted.entry import (
    AcceptedCell,
    Document,
    Entry,
    Evidence,
    Identity,
    LeakRequest,
    Place,
    Run,
    gravest_by_order,
)
from pytest_kvguard.contract.schema import complaints
from pytest_kvguard.contract.write import QuotingDumper
from pytest_kvguard.contract.yaml_document import MAX_BYTES, KeyPath, read_document, read_source
from pytest_kvguard.contract.yaml_document import Document as Source
from pytest_kvguard.errors import ContractError, UsageError
from pytest_kvguard.values.results import Verdict

__all__ = ["HEAD", "VERSION_KEY", "document_text", "read_accepted"]

VERSION, VERSION_KEY = 1, "kvguard_accepted"
HEAD = "# Losses that this project accepts: what is not listed here must hold. Written by pytest --kv-accept=update;\n"
HEAD_REST = "# `reason`, `until` and `leaks` are yours to edit, and stay. Comments do not.\n"
CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})(?: |$)", re.MULTILINE)
WORDS = {verdict: str(verdict).lower() for verdict in (Verdict.LOST, Verdict.LEAKED, Verdict.UNSTABLE)}
"""Verdict → the key of the checks with it."""

_TEXT = {"type": "string", "description": "a text"}
_LINE = {"type": "string", "minLength": 1, "pattern": r"\S", "description": "a text that is not blank"}
_DIGEST = {"type": "string", "pattern": "^[0-9a-f]{8}$", "description": "a digest, as the update wrote it"}
_COUNT = {"type": "integer", "minimum": 1, "description": "a whole number of 1 or more"}
_RUN = {
    "anyOf": [
        {"type": "integer", "minimum": 0},
        {"type": "string", "pattern": "^([0-9]{1,9} seed -?[0-9]{1,18}|search)$"},
    ],
    "description": "a run, e.g. 2, 2 seed 5 or search",
}
_DAY = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$", "description": "a day, e.g. 2027-01-31"}


def _map(properties: Mapping[str, Any], required: Sequence[str], description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [*required],
        "additionalProperties": False,
        "description": description,
    }


def _list(items: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {"type": "array", "items": dict(items), "description": description}


_PLACE = dict.fromkeys(("contract", "instruction", "probe"), _LINE)
_CHECKS = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {**_list(_RUN, "the runs in which the check fails"), "minItems": 1},
    "description": "check → the runs in which it fails",
}
_COUNTS = _map({str(verdict): _COUNT for verdict in Verdict}, (), "verdict → number of orders")
_ENTRY = _map(
    {
        **_PLACE,
        "counts": _COUNTS,
        **dict.fromkeys(WORDS.values(), _CHECKS),
        "digests": _map(
            dict.fromkeys(Evidence.__dataclass_fields__, _DIGEST), [*Evidence.__dataclass_fields__], "digests"
        ),
        "reply": _TEXT,
        "reason": _TEXT,
        "until": _DAY,
    },
    (*_PLACE, "counts", "digests"),
    "one accepted loss",
)
_CELL = _map(
    {
        **dict.fromkeys(("policy", "ratio", "kernel", "model"), _LINE),
        "scope": _TEXT,
        "identity": _map(dict.fromkeys(Identity.__dataclass_fields__, _LINE), (), "what answered"),
        "losses": _list(_ENTRY, "the losses accepted in this cell"),
    },
    ("policy", "ratio", "kernel", "model", "losses"),
    "one cell",
)
_LEAK = _map({**_PLACE, "cell": _LINE, "reason": _LINE, "until": _DAY}, (*_PLACE, "cell", "reason"), "a leak to accept")
_SCHEMA = _map(
    {
        VERSION_KEY: {"const": VERSION, "description": f"the number {VERSION}"},
        "cells": _list(_CELL, "a list of cells"),
        "leaks": _list(_LEAK, "the leaks that the next update is to accept"),
    },
    (VERSION_KEY, "cells"),
    "the file",
)


def read_accepted(path: Path, today: date | None = None) -> Document:
    """Return the accepted losses of a file.

    Args:
        path: the file.
        today: refuse entries that are past their day; None accepts them.

    Raises:
        UsageError: the file cannot be read, is none of this kind, or an entry is wrong or past its day.
    """
    try:
        source = _source(path)
        _check(source)
        return _document(source, today)
    except ContractError as error:
        where = f"{path}:{error.line}" if error.line else str(path)
        message = re.sub(r"^the contract\b|(?<= in )the contract(?=\.)", "the file", error.message)
        raise UsageError(f"{where}: {message} This is the file of accepted losses (--kv-accept).") from error


def _source(path: Path) -> Source:
    if path.is_file() and path.stat().st_size > MAX_BYTES:
        raise ContractError("larger than 1 MiB, the most that is read. Name another file, or split the run.", path)
    text = read_source(path)
    conflict = CONFLICT.search(text)
    if conflict:
        line = text.count("\n", 0, conflict.start()) + 1
        raise ContractError(
            f"found {conflict[0].strip()}, a mark of a merge conflict. Take one side of it, and let "
            "pytest --kv-accept=update write what this branch loses.",
            path,
            line,
        )
    foreign = f"its first key is not {VERSION_KEY}, so it is another file. Name the right one, or move it away."
    if not re.search(rf"^{VERSION_KEY}\s*:", text, re.MULTILINE):
        raise ContractError(foreign, path)
    return read_document(path, text)


def _check(source: Source) -> None:
    data = source.data
    if isinstance(data, dict) and data.get(VERSION_KEY) != VERSION:
        raise source.error(
            f"{VERSION_KEY} is {data.get(VERSION_KEY)!r}, but this version reads {VERSION}. Upgrade pytest-kvguard.",
            (VERSION_KEY,),
        )
    found = complaints(source, (), data, _SCHEMA)
    if found:
        raise found[0]


def _document(source: Source, today: date | None) -> Document:
    cells: dict[tuple[AcceptedCell, Identity], dict[Place, Entry]] = {}
    known: dict[tuple[AcceptedCell, Place], int] = {}
    for number, record in enumerate(source.data["cells"]):
        key_path: KeyPath = ("cells", number)
        cell, identity = _cell(source, key_path, record)
        if (cell, identity) in cells:
            raise source.error(f"the cell {cell.label} stands in the file twice. Merge the two.", key_path)
        entries = cells.setdefault((cell, identity), {})
        for index, loss in enumerate(record["losses"]):
            entry = _entry(source, (*key_path, "losses", index), loss, today)
            line = source.line((*key_path, "losses", index))
            first = known.setdefault((cell, entry.place), line)
            if first != line:
                raise source.error(
                    f"{entry.place.label} stands in {cell.label} twice, first in line {first}. Remove one.",
                    (*key_path, "losses", index),
                )
            entries[entry.place] = entry
    return Document(cells, tuple(_leaks(source, today)))


def _cell(source: Source, key_path: KeyPath, record: Mapping[str, Any]) -> tuple[AcceptedCell, Identity]:
    names = AcceptedCell.__dataclass_fields__
    cell = AcceptedCell(**{"scope": "", **{name: record[name] for name in names if name in record}})
    try:
        cell.check()
    except ValueError as error:
        raise source.error(str(error), (*key_path, "policy")) from error
    return cell, Identity(**record.get("identity", {}))


def _entry(source: Source, key_path: KeyPath, record: Mapping[str, Any], today: date | None) -> Entry:
    failures = {
        verdict: {check: tuple(map(Run.read, runs)) for check, runs in record[word].items()}
        for verdict, word in WORDS.items()
        if word in record
    }
    place = Place(*(record[name] for name in _PLACE))
    if not failures:
        raise source.error(f"{place.label} says of no check that it fails. Remove the entry.", key_path)
    gravest = Counter(gravest_by_order(failures).values())
    for verdict in WORDS:
        count = gravest[verdict]
        if record["counts"].get(str(verdict), 0) != count:
            raise source.error(
                f"{place.label}: counts says {record['counts'].get(str(verdict), 0)} {verdict}, "
                f"but {WORDS[verdict]} names {count} orders. Let pytest --kv-accept=update write the entry.",
                (*key_path, "counts"),
            )
    if Verdict.LEAKED in failures and not record.get("reason", "").strip():
        raise source.error(f"{place.label} accepts a leak without a reason. Write one.", key_path)
    until = _until(source, key_path, record, place, today)
    counts, evidence = dict(record["counts"]), Evidence(**record["digests"])
    return Entry(place, counts, failures, evidence, record.get("reply", ""), record.get("reason", ""), until)


def _until(
    source: Source, key_path: KeyPath, record: Mapping[str, Any], place: Place, today: date | None
) -> date | None:
    if "until" not in record:
        return None
    try:
        until = date.fromisoformat(record["until"])
    except ValueError:
        raise source.error(
            f"until: {record['until']} is no day of the calendar. Correct it.", (*key_path, "until")
        ) from None
    if today is not None and until < today:
        raise source.error(
            f"{place.label} was accepted until {until}, which is over. Mend the loss and remove the entry, or set a "
            "later day.",
            (*key_path, "until"),
        )
    return until


def _leaks(source: Source, today: date | None) -> Iterator[LeakRequest]:
    for number, record in enumerate(source.data.get("leaks") or ()):
        place = Place(*(record[name] for name in _PLACE))
        yield LeakRequest(
            place, record["cell"], record["reason"], _until(source, ("leaks", number), record, place, today)
        )


def document_text(document: Document) -> str:
    """Return the text of the file, which depends on nothing but the document."""
    cells = sorted(document.cells.items(), key=lambda item: item[0])
    data: dict[str, Any] = {VERSION_KEY: VERSION, "cells": [_cell_record(*key, entries) for key, entries in cells]}
    if document.leaks:
        ranked = sorted(document.leaks, key=lambda leak: (leak.cell, leak.place))
        data["leaks"] = [_leak_record(leak) for leak in ranked]
    text = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**20)
    return f"{HEAD}{HEAD_REST}{text}"


class _Dumper(QuotingDumper):
    """Writes lists of runs and maps of values in one line."""


class _OneLine(dict[str, Any]):
    """A map that is written in one line."""


_Dumper.add_representer(
    _OneLine, lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=True)
)


def _cell_record(cell: AcceptedCell, identity: Identity, entries: Mapping[Place, Entry]) -> dict[str, Any]:
    facts = {name: value for name, value in vars(identity).items() if value}
    return {
        **{name: value for name, value in vars(cell).items() if value},
        **({"identity": _OneLine(facts)} if facts else {}),
        "losses": [_entry_record(entries[place]) for place in sorted(entries)],
    }


def _entry_record(entry: Entry) -> dict[str, Any]:
    failing = {
        word: _OneLine({check: [run.label for run in sorted(runs)] for check, runs in sorted(checks.items())})
        for verdict, word in WORDS.items()
        if (checks := entry.failures.get(verdict))
    }
    return {
        **vars(entry.place),
        "counts": _OneLine(dict(sorted(entry.counts.items()))),
        **failing,
        "digests": _OneLine(vars(entry.evidence)),
        "reply": entry.reply,
        "reason": entry.reason,
        **({"until": entry.until} if entry.until else {}),
    }


def _leak_record(leak: LeakRequest) -> dict[str, Any]:
    return {
        **vars(leak.place),
        "cell": leak.cell,
        "reason": leak.reason,
        **({"until": leak.until} if leak.until else {}),
    }
