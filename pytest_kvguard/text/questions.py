"""The questions in a text: the sentences that end in a question mark."""

from __future__ import annotations

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.text.sentences import CLOSERS, sentences

__all__ = ["questions"]

_MARKS = "?？﹖؟⁇⁈⁉‽⸮❓❔፧⳺⳻꘏꛷"
# What may stand after a question: more marks, closing signs, emoji.
_TAIL = Pattern(rf"(?r)(?:[{CLOSERS}\s.!…！。\p{{So}}\p{{Sk}}\uFE0F\u200D(\[«“„{_MARKS}]|(?<=\p{{Greek}}\s?);)*\Z")
_MARK = Pattern(rf"[{_MARKS};]")
_PAIRS = {'"': '"', "'": "'", "`": "`", "(": ")", "[": "]", "“": "”", "„": "“", "«": "»", "‘": "’", "*": "*"}
# Armenian asks within the word that it stresses.
_ARMENIAN_MARK = "՞"


def questions(text: str) -> list[str]:
    """Return the sentences that ask, in order; "Really?!" is one question, and a quoted "?" by itself is none."""
    return [sentence for sentence in sentences(text) if _asks(sentence)]


def _asks(sentence: str) -> bool:
    if _ARMENIAN_MARK in sentence:
        return True
    tail = _TAIL.search(sentence).group()
    mark = _MARK.search(tail)
    if mark is None:
        return False
    # 'the sign "?"' speaks of the mark and asks nothing.
    before, after = tail[: mark.start()].strip()[-1:], tail[mark.end() :].strip()[:1]
    return not before or _PAIRS.get(before) != after
