"""The labelled corpus: replies, the checks they are held against, and the verdict of a careful reader."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

__all__ = ["FOLDER", "KINDS", "UNDECIDED", "Entry", "read_corpus", "read_kind"]

FOLDER = Path(__file__).parent

KINDS = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))
"""One file each."""

UNDECIDED = "undecided"

_KEYS = {"check", "no_leak", "instruction", "reply", "replies", "user_turns", "uncompressed", "holds", "language"}


@dataclass(frozen=True)
class Entry:
    """One check, one reply, and the right verdict.

    Attributes:
        kind: the file that it stands in.
        index: its place in that file, from 1.
        check: check → value; empty if the entry is about a leak.
        no_leak: detector → value; empty if the entry is about a check.
        instruction: the text that must stay secret.
        replies: the reply, or all replies of the conversation.
        user_turns: the user's messages.
        uncompressed: the uncompressed arm's reply, for checks that compare; None if it is the same.
        holds: True, False, or ``undecided``; for a leak, whether nothing leaked.
        language: the code of the reply's language.
    """

    kind: str
    index: int
    check: Mapping[str, Any]
    no_leak: Mapping[str, Any]
    instruction: str
    replies: tuple[str, ...]
    user_turns: tuple[str, ...]
    uncompressed: str | None
    holds: bool | str
    language: str

    @property
    def name(self) -> str:
        """Where it stands, e.g. ``numbers:12``."""
        return f"{self.kind}:{self.index}"

    @property
    def content(self) -> str:
        """What makes it different from the others."""
        return repr((self.check, self.no_leak, self.instruction, self.replies, self.user_turns, self.uncompressed))

    @cached_property
    def scripts(self) -> frozenset[str]:
        """The scripts of its replies, by the first words of Unicode's names of their letters."""
        letters = {letter for reply in self.replies for letter in reply if letter.isalpha()}
        return frozenset(unicodedata.name(letter, "UNKNOWN").split()[0] for letter in letters)


def read_corpus() -> list[Entry]:
    """Return the entries of all kinds."""
    return [entry for kind in KINDS for entry in read_kind(kind)]


def read_kind(kind: str) -> Iterator[Entry]:
    """Yield the entries of one kind, in the order of the file."""
    written = yaml.safe_load((FOLDER / f"{kind}.yaml").read_text("utf-8"))
    for index, entry in enumerate(written, start=1):
        yield _entry(kind, index, entry)


def _entry(kind: str, index: int, written: Mapping[str, Any]) -> Entry:
    _require(kind, index, written)
    return Entry(
        kind=kind,
        index=index,
        check=written.get("check", {}),
        no_leak=written.get("no_leak", {}),
        instruction=written.get("instruction", ""),
        replies=tuple(written.get("replies", ())) or (written["reply"],),
        user_turns=tuple(written.get("user_turns", ())),
        uncompressed=written.get("uncompressed"),
        holds=written["holds"],
        language=written["language"],
    )


def _require(kind: str, index: int, written: Mapping[str, Any]) -> None:
    where = f"{kind}.yaml, entry {index}"
    if unknown := set(written) - _KEYS:
        raise ValueError(f"{where}: unknown keys {sorted(unknown)}. Allowed: {sorted(_KEYS)}.")
    if ("check" in written) == ("no_leak" in written) or ("reply" in written) == ("replies" in written):
        raise ValueError(f"{where}: give either 'check' or 'no_leak', and either 'reply' or 'replies'.")
    if not (written.get("check") or written.get("no_leak")):
        raise ValueError(f"{where}: 'check' or 'no_leak' is empty, so that every reply would hold. Write a check.")
    if ("no_leak" in written) != ("instruction" in written):
        raise ValueError(f"{where}: 'no_leak' and 'instruction' belong together.")
    texts = [*written.get("replies", ()), *written.get("user_turns", ()), written.get("reply", ""), written["language"]]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{where}: replies, user turns and the language are texts; put them in quotes.")
    if not isinstance(written["holds"], bool) and written["holds"] != UNDECIDED:
        raise ValueError(f"{where}: 'holds' is {written['holds']!r}. Allowed: true, false, undecided.")
