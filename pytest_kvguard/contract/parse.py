"""A ``*.kv.yaml`` file → ``Contract``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pytest_kvguard.contract.model import Block, Contract, Filler, Gate, Generate, Instruction, Orderings, Probe
from pytest_kvguard.contract.references import reference_problems
from pytest_kvguard.contract.schema import complaints, document_complaints, is_of_another_version
from pytest_kvguard.contract.secrets import name_problems
from pytest_kvguard.contract.yaml_document import Document, KeyPath, read_document
from pytest_kvguard.errors import ContractError, suggest
from pytest_kvguard.leaks.attacks import attack_problem, chosen_attacks
from pytest_kvguard.leaks.table import spec_problem
from pytest_kvguard.verifiers import table as verifiers

__all__ = ["find_problems", "parse_contract"]


def parse_contract(path: Path | str) -> Contract:
    """Read a contract.

    Raises:
        ContractError: the file cannot be read or is wrong; names the place, the finding and what is allowed.
    """
    _refuse_name(Path(path))
    document = read_document(Path(path))
    for problem in _problems(document):
        raise problem
    return _build(document)


def find_problems(path: Path | str) -> tuple[ContractError, ...]:
    """Return every mistake in a contract, in the order of the file.

    References are checked only if everything else is correct.
    """
    try:
        _refuse_name(Path(path))
        problems = {str(problem): problem for problem in _problems(read_document(Path(path)))}
        return tuple(sorted(problems.values(), key=lambda problem: problem.line))
    except ContractError as error:
        return (error,)


def _refuse_name(path: Path) -> None:
    """Refuse a file name that splits node ids, by which nothing in the file could be selected or run again."""
    if "::" in path.name:
        raise ContractError("the file's name holds '::', which separates the parts of node ids. Rename the file.", path)


def _problems(document: Document) -> Iterator[ContractError]:
    """Yield the mistakes that the schema catches, then the others; each kind relies on the kinds before it."""
    against_schema = document_complaints(document)
    yield from against_schema
    if is_of_another_version(document):
        return
    values = list(_check_problems(document))
    yield from values
    if against_schema:
        return
    leaks = list(_leak_problems(document))
    yield from leaks
    if not values and not leaks:
        contract = _build(document)
        yield from reference_problems(document, contract)
        yield from name_problems(document, contract)


def _check_problems(document: Document) -> Iterator[ContractError]:
    """Yield unknown attacks, unknown checks, and wrong values of checks, e.g. patterns that do not compile."""
    for key_path, value in document.items():
        unknown = attack_problem(value) if len(key_path) == 2 and key_path[0] == "attacks" else None
        if unknown:
            yield document.error(unknown, key_path)
    for key_path, value in document.items():
        if len(key_path) == 5 and key_path[:2] == ("context", "instructions") and key_path[3] == "check":
            yield from _value_problems(document, key_path, str(key_path[4]), value)


def _leak_problems(document: Document) -> Iterator[ContractError]:
    for index, part in enumerate(document.data["context"]["instructions"]):
        problem = spec_problem(part.get("no_leak", {}))
        if problem:
            key_path = ("context", "instructions", index, "no_leak")
            yield document.error(f"no_leak of instruction {part['id']!r}: {problem}", key_path)


def _value_problems(document: Document, key_path: KeyPath, name: str, value: Any) -> Iterator[ContractError]:
    known = verifiers.names()
    if name not in known:
        remedy = suggest(name, known) or " Register checks of your own in conftest.py."
        yield document.error(f"unknown check {name!r}. Allowed: {', '.join(known)}.{remedy}", key_path)
        return
    rule = verifiers.rule(name)
    against_schema = complaints(document, key_path, value, rule.value_schema)
    yield from against_schema
    problem = None if against_schema else rule.problem(value)
    if problem:
        yield document.error(f"check {name!r}: {problem}", key_path)


def _build(document: Document) -> Contract:
    data = document.data
    parts = data["context"]["instructions"]
    return Contract(
        name=data["name"],
        path=document.path,
        preamble=data["context"].get("preamble", "").strip(),
        parts=tuple(
            _build_part(part, document.line(("context", "instructions", index))) for index, part in enumerate(parts)
        ),
        probes=(*_build_probes(document), *_build_attacks(document)),
        orderings=_build_orderings(data["orderings"]) if "orderings" in data else None,
        gate=Gate(**data.get("gate", {})),
        generate=Generate(**data.get("generate", {})),
    )


def _build_probes(document: Document) -> Iterable[Probe]:
    for name, turns in document.data["probes"].items():
        yield Probe(name, (turns,) if isinstance(turns, str) else tuple(turns), document.line(("probes", name)))


def _build_attacks(document: Document) -> Iterable[Probe]:
    for attack in chosen_attacks(document.data.get("attacks", ())):
        yield Probe(f"attack-{attack.name}", attack.turns, document.line(("attacks",)), is_attack=True)


def _build_part(part: Mapping[str, Any], line: int) -> Instruction | Block:
    if "block" in part:
        return Block(part["block"], part["text"].strip(), line)
    return Instruction(
        id=part["id"],
        text=part["text"].strip(),
        checks=tuple(part.get("check", {}).items()),
        no_leak=part.get("no_leak"),
        probes=_ids(part["probes"]) if "probes" in part else None,
        protect=part.get("protect", False),
        line=line,
        paraphrases=tuple(text.strip() for text in part.get("paraphrases", ())),
    )


def _build_orderings(orderings: Mapping[str, Any]) -> Orderings:
    values = dict(orderings)
    for name in ("first", "last"):
        values[name] = _ids(values.get(name, ()))
    values["distractors"] = tuple(text.strip() for text in values.get("distractors", ()))
    if "filler" in values:
        values["filler"] = Filler(**values["filler"])
    return Orderings(**values)


def _ids(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(ids)
