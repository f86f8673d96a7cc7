"""The secrets that contract files mark, even in files with mistakes; no name may contain one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from pytest_kvguard.contract.model import Contract
from pytest_kvguard.contract.yaml_document import Document, KeyPath, read_document, read_source
from pytest_kvguard.errors import ContractError
from pytest_kvguard.leaks.canary import DETECTOR as CANARY
from pytest_kvguard.leaks.canary import find_canary
from pytest_kvguard.leaks.masking import Secret, secrets_in

__all__ = ["name_problems", "secrets_in_file"]

MARK = "no_leak"

_MARKED = re.compile(rf"^( *(?:- +)*)(.*?)\b{MARK}\b(.*)")
_NAME_OF_VALUE = re.compile(r"[A-Za-z_-]+[\"']?\s*:")
_BETWEEN_VALUES = re.compile(r"[{}\[\],\n]|(?:^|\s)[-#](?=\s)")
_SIGNED = re.compile(r"(?<![^\s{}\[\],:\"'-])[!*&%@`|>?]+([^\s{}\[\],]+)")


def name_problems(document: Document, contract: Contract) -> Iterator[ContractError]:
    """Yield names that contain a canary; every report shows names."""
    names: list[tuple[KeyPath, str]] = [(("name",), contract.name)]
    names += [(("context", "instructions", index), part.id) for index, part in enumerate(contract.parts)]
    names += [(("probes", probe.id), probe.id) for probe in contract.probes]
    for instruction in contract.instructions:
        canaries = [s.text for s in secrets_in(instruction.no_leak or {}, instruction.text) if not s.by_words]
        for key_path, name in names if canaries else ():
            if any(find_canary(canary, [name]) for canary in canaries):
                yield document.error(
                    f"the name {name!r} contains the canary of instruction {instruction.id!r}, and every report shows "
                    "names. Rename it.",
                    key_path,
                )


def secrets_in_file(path: Path) -> tuple[Secret, ...]:
    """Return the secrets under every ``no_leak`` of a file, so that messages about the file can mask them."""
    try:
        document = read_document(path)
    except ContractError:
        return _secrets_in_source(path)
    texts = {text for key_path, text in document.sources.items() if MARK in key_path}
    canaries = {Secret(text) for text in texts - {"true", "false"} if CANARY.problem(text) is None}
    protected = {
        Secret(str(part.get("text", "")), by_words=True)
        for _, part in document.items()
        if isinstance(part, dict) and isinstance(part.get(MARK), dict) and set(part[MARK]) - {"canary"}
    }
    return tuple(sorted(canaries | protected, key=lambda secret: secret.text))


def _secrets_in_source(path: Path) -> tuple[Secret, ...]:
    """Return what may be a secret in a file that is no YAML, whose errors quote its words."""
    try:
        source = read_source(path)
    except ContractError:
        return ()
    if MARK not in source:
        return ()
    # YAML takes an unquoted text that begins with a sign for a tag or an alias, wherever it is, and errors name those.
    signed = [part for text in _SIGNED.findall(source) for part in (text, *text.split("!"))]
    texts = [*_texts_under_marks(source), *signed]
    spelled = {spelling.strip(" \t\"'!*&") for text in texts for spelling in (text, unquote(text))}
    return tuple(Secret(text) for text in sorted(spelled) if CANARY.problem(text) is None)


def _texts_under_marks(source: str) -> Iterator[str]:
    """Yield the values under every ``no_leak``: on its line, and on the lines that are indented deeper."""
    depth: int | None = None
    for line in source.splitlines():
        marked = _MARKED.match(line)
        indented = len(line) - len(line.lstrip(" "))
        if marked:
            depth, line = len(marked[1]), marked[3]
        elif depth is None or (line.strip() and indented <= depth):
            depth = None
            continue
        yield from _BETWEEN_VALUES.split(_NAME_OF_VALUE.sub(",", line))
