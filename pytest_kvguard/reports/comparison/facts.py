"""What two runs differ in besides their replies: model, policy code, libraries, machine, servers and options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_kvguard.reports.comparison.run_files import Run
from pytest_kvguard.values.cell import Cell

__all__ = ["KINDS", "Fact", "FactChange", "changed_facts"]

KINDS = ("model", "policy code", "libraries", "machine", "server", "options")
"""The kinds of facts, in the order in which changes are shown."""

_KIND_OF = {
    "run.model": "model",
    "run.dtype": "model",
    "run.judge_model": "model",
    "run.device": "machine",
    "environment.platform": "machine",
    "environment.cpu": "machine",
    "environment.code": "policy code",
}
NOT_COMPARED = ("title", "cells")
"""What ``run`` holds besides options: the title repeats them, and cells are paired."""

SERVER_NOTE = "server at "
UNKNOWN = "not recorded"


@dataclass(frozen=True)
class Fact:
    """What a fact is about, e.g. the library ``torch``; ``of_cell`` where it concerns one cell."""

    kind: str
    name: str
    of_cell: bool = False


@dataclass(frozen=True)
class FactChange:
    """A fact that differs between two runs."""

    fact: Fact
    before: str
    after: str


def changed_facts(before: Run, after: Run) -> list[FactChange]:
    """Return the facts that differ, the gravest kind first; a fact that one run did not record differs, too.

    What concerns one cell is compared only if both runs have that cell.
    """
    one, other = _facts(before), _facts(after)
    alone = {fact for fact in one.keys() ^ other.keys() if fact.of_cell}
    names = sorted({**one, **other}.keys() - alone, key=lambda fact: (KINDS.index(fact.kind), fact.name))
    changes = (FactChange(fact, one.get(fact, UNKNOWN), other.get(fact, UNKNOWN)) for fact in names)
    return [change for change in changes if change.before != change.after]


def _facts(run: Run) -> dict[Fact, str]:
    """Return every fact of a run; where its parts differ, all their values."""
    values: dict[Fact, set[str]] = {}
    for document in run.documents:
        for fact, value in _of_document(document):
            values.setdefault(fact, set()).add(value)
    return {fact: " and ".join(sorted(members)) for fact, members in values.items()}


def _of_document(document: Mapping[str, Any]) -> Iterator[tuple[Fact, str]]:
    for name, value in _leaves({key: of for key, of in document["run"].items() if key not in NOT_COMPARED}):
        yield Fact(_KIND_OF.get(f"run.{name}", "options"), name), value
    for name, value in document["environment"].items():
        shown = "pytest-kvguard's code" if name == "code" else name
        yield Fact(_KIND_OF.get(f"environment.{name}", "libraries"), shown), value or "not installed"
    yield Fact("libraries", "pytest-kvguard"), document["tool"]["version"] or "not installed"
    for cell in document["run"]["cells"]:
        if cell.get("code"):
            yield Fact("policy code", f"code of {Cell.from_record(cell).policy_name}", of_cell=True), cell["code"]
    for case in document["cases"]:
        for note in case.get("notes", ()):
            if note.startswith(SERVER_NOTE):
                yield Fact("server", Cell.from_record(case).label, of_cell=True), note.partition(": ")[2]


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}.{key}".removeprefix("."))
    else:
        yield name, "not set" if value is None or value == "" else str(value)
