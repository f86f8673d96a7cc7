"""A ``*.kv.yaml`` file → ``Contract``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pytest_kvguard.contract.model import Block, Contract, Gate, Generate, Instruction, Orderings, Probe
from pytest_kvguard.contract.references import check_references
from pytest_kvguard.contract.schema import validate_document, validate_value
from pytest_kvguard.contract.secrets import check_names
from pytest_kvguard.contract.yaml_document import Document, KeyPath, read_document
from pytest_kvguard.errors import suggest
from pytest_kvguard.leaks.table import spec_problem
from pytest_kvguard.verifiers import table as verifiers

__all__ = ["parse_contract"]


def parse_contract(path: Path | str) -> Contract:
    """Read a contract.

    Raises:
        ContractError: the file cannot be read or is wrong; says where, what was found and what is allowed.
    """
    document = read_document(Path(path))
    validate_document(document)
    _check_values(document)
    contract = _build(document)
    check_references(document, contract)
    check_names(document, contract)
    return contract


def _check_values(document: Document) -> None:
    """What a schema cannot say about checks: known names, patterns that compile, schemas that are schemas."""
    for index, part in enumerate(document.data["context"]["instructions"]):
        key_path: KeyPath = ("context", "instructions", index)
        for name, value in part.get("check", {}).items():
            _check_value(document, (*key_path, "check", name), name, value)
        problem = spec_problem(part.get("no_leak", {}))
        if problem:
            raise document.error(f"no_leak of instruction {part['id']!r}: {problem}", (*key_path, "no_leak"))


def _check_value(document: Document, key_path: KeyPath, name: str, value: Any) -> None:
    known = verifiers.names()
    if name not in known:
        remedy = suggest(name, known) or " A check of your own is registered in conftest.py."
        raise document.error(f"unknown check {name!r}. Allowed: {', '.join(known)}.{remedy}", key_path)
    rule = verifiers.rule(name)
    validate_value(document, key_path, value, rule.value_schema)
    problem = rule.problem(value)
    if problem:
        raise document.error(f"check {name!r}: {problem}", key_path)


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
        probes=tuple(
            Probe(name, (turns,) if isinstance(turns, str) else tuple(turns), document.line(("probes", name)))
            for name, turns in data["probes"].items()
        ),
        orderings=_build_orderings(data["orderings"]) if "orderings" in data else None,
        gate=Gate(**data.get("gate", {})),
        generate=Generate(**data.get("generate", {})),
    )


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
    )


def _build_orderings(orderings: Mapping[str, Any]) -> Orderings:
    return Orderings(
        sample=orderings.get("sample", 8),
        first=_ids(orderings.get("first", ())),
        last=_ids(orderings.get("last", ())),
    )


def _ids(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(ids)
