"""A ``*.kv.yaml`` file → ``Contract``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pytest_kvguard.contract.file_name import refuse_ending
from pytest_kvguard.contract.model import Block, Contract, Filler, Gate, Generate, Instruction, Orderings, Probe
from pytest_kvguard.contract.references import reference_problems
from pytest_kvguard.contract.schema import complaints, document_complaints, is_of_another_version
from pytest_kvguard.contract.secrets import canary_problems, name_problems
from pytest_kvguard.contract.swallowed_text import lost_zeros, swallowed_text
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
    named = tuple(_name_problems(Path(path)))
    try:
        problems = {str(problem): problem for problem in _problems(read_document(Path(path)))}
        return (*named, *sorted(problems.values(), key=lambda problem: problem.line))
    except ContractError as error:
        return (*named, error)


def _name_problems(path: Path) -> Iterator[ContractError]:
    for refuse in (_refuse_name, refuse_ending):
        try:
            refuse(path)
        except ContractError as error:
            yield error


def _refuse_name(path: Path) -> None:
    """Refuse a file name that splits node ids, by which nothing in the file could be selected or run again."""
    if "::" in path.name:
        raise ContractError("the file's name holds '::', which separates the parts of node ids. Rename the file.", path)


def _problems(document: Document) -> Iterator[ContractError]:
    """Yield the mistakes that the schema catches, then the others; each kind relies on the kinds before it."""
    swallowed = [] if is_of_another_version(document) else list(swallowed_text(document))
    yield from swallowed
    # What is said of a line already needs no second complaint about what YAML has left of it.
    lines = {problem.line for problem in swallowed}
    against_schema = [*swallowed, *(each for each in document_complaints(document) if each.line not in lines)]
    yield from against_schema[len(swallowed) :]
    if is_of_another_version(document):
        return
    values = [problem for problem in _check_problems(document) if problem.line not in lines]
    lines |= {problem.line for problem in (*against_schema, *values)}
    values += [problem for problem in lost_zeros(document) if problem.line not in lines]
    yield from values
    if against_schema:
        return
    leaks = list(_leak_problems(document))
    yield from leaks
    if not values and not leaks:
        contract = _build(document)
        yield from reference_problems(document, contract)
        yield from name_problems(document, contract)
        yield from canary_problems(document, contract)


def _check_problems(document: Document) -> Iterator[ContractError]:
    """Yield unknown attacks, unknown checks, and wrong values of checks, e.g. patterns that do not compile."""
    for key_path, value in document.items():
        unknown = attack_problem(value) if len(key_path) == 2 and key_path[0] == "attacks" else None
        if unknown:
            yield document.error(unknown, key_path)
    for key_path, value in document.items():
        if _is_check(key_path):
            yield from _value_problems(document, key_path, str(key_path[-1]), value)


def _is_check(key_path: KeyPath) -> bool:
    """Return whether a key path is that of a check: of every probe, or of one."""
    depth = {"check": 5, "checks": 6}.get(str(key_path[3])) if len(key_path) > 3 else None
    return len(key_path) == depth and key_path[:2] == ("context", "instructions")


def _leak_problems(document: Document) -> Iterator[ContractError]:
    for index, part in enumerate(document.data["context"]["instructions"]):
        problem = spec_problem(part.get("no_leak", {}))
        if problem:
            key_path = ("context", "instructions", index, "no_leak")
            yield document.error(f"no_leak of instruction {part['id']!r}: {problem}", key_path)


def _value_problems(document: Document, key_path: KeyPath, name: str, value: Any) -> Iterator[ContractError]:
    known = verifiers.names()
    if name not in known:
        remedy = _meant_for_a_probe(document, key_path, name) or suggest(name, known)
        remedy = remedy or " Register checks of your own in conftest.py."
        yield document.error(f"unknown check {name!r}. Allowed: {', '.join(known)}.{remedy}", key_path)
        return
    rule = verifiers.rule(name)
    against_schema = complaints(document, key_path, value, rule.value_schema)
    yield from against_schema
    problem = None if against_schema else rule.problem(value)
    if problem:
        yield document.error(f"check {name!r}: {problem}", key_path)


def _meant_for_a_probe(document: Document, key_path: KeyPath, name: str) -> str:
    probes = document.data.get("probes")
    if not isinstance(probes, dict) or name not in probes:
        return ""
    if key_path[3] == "check":
        return f" {name!r} is a probe: write 'checks' instead of 'check', e.g. checks: {{{name}: {{contains: …}}}}."
    return f" {name!r} is a probe: under 'checks' probes stand outside, as in checks: {{{name}: {{{key_path[4]}: …}}}}."


def _build(document: Document) -> Contract:
    data = document.data
    parts = data["context"]["instructions"]
    return Contract(
        name=data["name"],
        path=document.path,
        preamble=_text(data["context"].get("preamble", "")),
        join=data["context"].get("join", Contract.join),
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


def _text(text: str) -> str:
    """Return a text as the model reads it: without the last line break, which stands in every block of ``|``."""
    return text.removesuffix("\n")


def _build_part(part: Mapping[str, Any], line: int) -> Instruction | Block:
    if "block" in part:
        return Block(part["block"], _text(part["text"]), line)
    return Instruction(
        id=part["id"],
        text=_text(part["text"]),
        checks=tuple(part.get("check", {}).items()),
        no_leak=part.get("no_leak"),
        probes=_ids(part["probes"]) if "probes" in part else None,
        protect=part.get("protect", False),
        line=line,
        paraphrases=tuple(map(_text, part.get("paraphrases", ()))),
        probe_checks={probe: tuple(checks.items()) for probe, checks in part.get("checks", {}).items()},
    )


def _build_orderings(orderings: Mapping[str, Any]) -> Orderings:
    values = dict(orderings)
    for name in ("first", "last"):
        values[name] = _ids(values.get(name, ()))
    values["distractors"] = tuple(map(_text, values.get("distractors", ())))
    if "filler" in values:
        values["filler"] = Filler(**values["filler"])
    return Orderings(**values)


def _ids(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(ids)
