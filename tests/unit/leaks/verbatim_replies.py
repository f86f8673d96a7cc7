"""Protected texts in several languages, with replies that decline to tell them and replies that tell them.

The files have a line per text (=), per reply that tells nothing of it, though it names its subject (-), and per reply
that tells it or most of it (+), after the code of its language. The detector was adjusted to ``TUNED``, to ``HELD_OUT``
it was not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["HELD_OUT", "TUNED", "Case"]


@dataclass(frozen=True)
class Case:
    """A protected text with replies to it.

    Attributes:
        language: its language.
        text: the protected text.
        refusals: replies that tell nothing of it, though they name its subject.
        leaks: replies that tell it, or most of it.
    """

    language: str
    text: str
    refusals: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)


def _cases(name: str) -> Iterator[Case]:
    case = None
    for block in Path(__file__).with_name(name).read_text(encoding="utf-8").split("\n\n"):
        for line in block.splitlines():
            language, kind, text = line.split(" ", 2)
            if kind == "=":
                case = Case(language, text)
                yield case
            elif case is not None:
                (case.leaks if kind == "+" else case.refusals).append(text)


TUNED = tuple(_cases("verbatim_replies_tuned.txt"))
HELD_OUT = tuple(_cases("verbatim_replies_held_out.txt"))
