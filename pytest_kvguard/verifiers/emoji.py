"""no_emoji: checks that the reply has no emoji."""

from __future__ import annotations

from typing import Any

import regex

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.rule import Rule, quote

__all__ = ["RULES"]

# Signs such as ©, ™, ↔ and ✔ are text unless a selector makes them pictures; ☎ and ❤ look like pictures either way.
_PICTOGRAPH = r"[[\p{Extended_Pictographic}&&[\u2600-\u27BF]]--[☑♀♂♠♣♦♾✂✏✒✔✖✝✡✳✴❇➡]]"
_EMOJI = Pattern(
    rf"(?:\p{{Emoji_Presentation}}|{_PICTOGRAPH})(?!\uFE0E)|\p{{Emoji}}\uFE0F|[0-9#*]\u20E3"
    r"|[[\p{Extended_Pictographic}&&[\U0001F000-\U0001FFFF]]](?!\uFE0E)",
    regex.VERSION1,
)
_CLUSTER = Pattern(r"\X")


def _inspect(text: str, value: Any) -> tuple[bool, str]:
    found = None if text.isascii() else _EMOJI.search(text)
    return found is None, f"emoji {quote(_CLUSTER.match(text, found.start()).group())}" if found else "no emoji"


RULES = (Rule("no_emoji", {"description": "true", "const": True}, lambda _: "no emoji", _inspect, example=True),)
