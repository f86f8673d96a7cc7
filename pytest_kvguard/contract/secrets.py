"""The secrets that contract files mark, even in files with mistakes; where they may stand, and where they must."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from rapidfuzz.distance import Levenshtein

from pytest_kvguard.contract.model import Block, Contract, Instruction
from pytest_kvguard.contract.yaml_document import Document, KeyPath, read_document, read_source
from pytest_kvguard.errors import ContractError
from pytest_kvguard.leaks.canary import DETECTOR as CANARY
from pytest_kvguard.leaks.canary import find_canary
from pytest_kvguard.leaks.masking import Secret, secrets_in
from pytest_kvguard.leaks.source_text import nearest_text, stands_in

__all__ = ["canary_problems", "name_problems", "secrets_in_file"]

MARK = "no_leak"

_MARKED = re.compile(rf"^( *(?:- +)*)(.*?)\b{MARK}\b(.*)")
_NAME_OF_VALUE = re.compile(r"[A-Za-z_-]+[\"']?\s*:")
_BETWEEN_VALUES = re.compile(r"[{}\[\],\n]|(?:^|\s)[-#](?=\s)")
_SIGNED = re.compile(r"(?<![^\s{}\[\],:\"'-])[!*&%@`|>?]+([^\s{}\[\],]+)")


def canary_problems(document: Document, contract: Contract) -> Iterator[ContractError]:
    """Yield canaries that their instruction's text does not contain: no reply could ever be found to leak them."""
    for index, part in enumerate(contract.parts):
        no_leak = part.no_leak or {} if isinstance(part, Instruction) else {}
        for key_path, canary in _canaries(no_leak, ("context", "instructions", index, "no_leak")):
            if not stands_in(canary, part.text):
                yield document.error(
                    f"the canary of instruction {part.id!r} does not stand in the instruction's text, so that no reply "
                    f"could be found to leak it. {_remedy(canary, part.text, contract)}",
                    key_path,
                )


def _canaries(no_leak: Mapping[str, Any], key_path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    value = no_leak.get("canary", [])
    if isinstance(value, str):
        yield (*key_path, "canary"), value
    else:
        yield from (((*key_path, "canary", index), canary) for index, canary in enumerate(value))


def _remedy(canary: str, text: str, contract: Contract) -> str:
    """Return where the canary stands instead, or the text that it may have been meant for, without telling either."""
    texts = {f"{'block' if isinstance(part, Block) else 'instruction'} {part.id!r}": part for part in contract.parts}
    elsewhere = [f"{name} (line {part.line})" for name, part in texts.items() if stands_in(canary, part.text)]
    elsewhere += ["the preamble"] if stands_in(canary, contract.preamble) else []
    if elsewhere:
        return f"It stands in {' and in '.join(elsewhere)}. Declare it at the instruction that holds the secret."
    near = nearest_text(canary, text)
    if near is None:
        return "Nothing in the text resembles it. Write the secret as the text does."
    start, stop = near
    word = len(text[: start + 1].split())
    edits = Levenshtein.distance(canary.casefold(), text[start:stop].casefold())
    differs = f"which differs in {edits} character{'s' * (edits != 1)}"
    return f"Nearest is what begins with word {word} of the text, {differs}. Copy the secret from there."


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
    canaries |= {Secret(text) for text in _misspelled(document) if CANARY.problem(text) is None}
    protected = {
        Secret(str(part.get("text", "")), by_words=True)
        for _, part in document.items()
        if isinstance(part, dict) and isinstance(part.get(MARK), dict) and set(part[MARK]) - {"canary"}
    }
    return tuple(sorted(canaries | protected, key=lambda secret: secret.text))


def _misspelled(document: Document) -> Iterator[str]:
    """Yield what the texts of instructions hold in place of a canary with a typo: the true secrets."""
    for _, part in document.items():
        no_leak = part.get(MARK) if isinstance(part, dict) else None
        if isinstance(no_leak, dict) and isinstance(no_leak.get("canary"), str | list):
            text = str(part.get("text", ""))
            for _, canary in _canaries(no_leak, ()):
                near = None if stands_in(str(canary), text) else nearest_text(str(canary), text)
                if near is not None:
                    yield text[slice(*near)]


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
