"""What contracts mark as secret: kept out of names, and known even where a file is no sound contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pytest_kvguard.contract.model import Contract
from pytest_kvguard.contract.yaml_document import Document, KeyPath, read_document
from pytest_kvguard.errors import ContractError
from pytest_kvguard.leaks.canary import MIN_CHARACTERS, find_canary
from pytest_kvguard.leaks.masking import Secret, secrets_in

__all__ = ["check_names", "secrets_in_file"]

MARK = "no_leak"


def check_names(document: Document, contract: Contract) -> None:
    """Raise ``ContractError`` if a name that every report shows holds a canary."""
    names: list[tuple[KeyPath, str]] = [(("name",), contract.name)]
    names += [(("context", "instructions", index), part.id) for index, part in enumerate(contract.parts)]
    names += [(("probes", probe.id), probe.id) for probe in contract.probes]
    for instruction in contract.instructions:
        canaries = [s.text for s in secrets_in(instruction.no_leak or {}, instruction.text) if not s.by_words]
        for key_path, name in names:
            if any(find_canary(canary, [name]) for canary in canaries):
                raise document.error(
                    f"the name {name!r} holds the canary of instruction {instruction.id!r}, and every report shows "
                    "names. Rename it.",
                    key_path,
                )


def secrets_in_file(path: Path) -> tuple[Secret, ...]:
    """Return what stands under any ``no_leak`` of a file, so that complaints about the file do not show it."""
    try:
        document = read_document(path)
    except ContractError:
        return ()
    texts = (document.sources[key_path] for key_path in document.sources if MARK in key_path)
    canaries = {Secret(text) for text in texts if len(text) >= MIN_CHARACTERS and text not in {"true", "false"}}
    protected = {Secret(str(part.get("text", "")), True) for part in _parts(document.data) if set(part[MARK]) - {"canary"}}
    return tuple(sorted(canaries | protected, key=lambda secret: secret.text))


def _parts(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get(MARK), dict):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _parts(inner)
