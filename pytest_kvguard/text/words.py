"""The words of a text in any script, as people count them."""

from __future__ import annotations

from functools import cache

import regex

from pytest_kvguard.text.scripts import UNSPACED, UNSPACED_LETTER
from pytest_kvguard.text.segments import word_segments
from pytest_kvguard.text.web_addresses import ADDRESS, has_address_signs

__all__ = ["word_spans", "words"]

_LETTERS = r"[\w\p{N}\u00AD\u200C\u200D\u2060]"
_OF_WORD = r"[\p{L}\p{N}\p{M}]"
# What joins two words into one where no space is between: e-mail, and/or, AT&T, x@y, C++-like, 60%-70%, 10°C.
# A full stop is one, too, but not where the next sentence follows at once, as in "nine.We".
_JOINT = r"[%°]?+(?:\+\+|\#)?+[-‐‑/&@+'’·\#=]|[%°]|(?!(?<=\p{Ll}{2})\.\p{Lu}\p{Ll})\."
# These join digits alone: 15:30, 1,250 and 9–17 are one word each, "Note:this" and "day–night" are two.
_NUMERIC_JOINT = r"(?<=\p{Nd})[:,٬٫–−×](?=\p{Nd})"
_ABBREVIATION_MARK = r"(?<=\p{Hebrew})[\"״](?=\p{Hebrew})"


@cache
def _pattern(has_addresses: bool, has_unspaced: bool) -> regex.Pattern[str]:
    """Return the pattern of words; one that need not look for what a text does not have takes half the time."""
    address = rf"(?P<address>{ADDRESS})|" if has_addresses else ""
    unspaced = rf"(?P<unspaced>[[{UNSPACED}]&&[\p{{L}}\p{{N}}]][[{UNSPACED}]&&{_OF_WORD}]*+)|" if has_unspaced else ""
    first = rf"[[\p{{L}}\p{{N}}]--[{UNSPACED}]]" if has_unspaced else r"[\p{L}\p{N}]"
    letters = rf"[{_LETTERS}--[{UNSPACED}]]" if has_unspaced else _LETTERS
    return regex.compile(
        # "1️⃣" is an emoji, though it begins with a digit.
        rf"""{address}{unspaced}(?![0-9]\uFE0F?\u20E3){first}{letters}*+
        (?:(?=[^\w\s])
            (?:(?:{_JOINT}|{_NUMERIC_JOINT}|{_ABBREVIATION_MARK})(?={first}){letters}++)*+
            (?:(?<=\p{{L}})(?:\+{{1,2}}|\#)(?!\w))?+
        )?+""",
        regex.VERBOSE | regex.VERSION1,
    )


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of the words of a text, in order.

    A word has a letter or a digit and no whitespace. Scripts that write no spaces are cut by ICU's dictionaries. In the
    others a word runs on over an apostrophe, a hyphen, a slash and other joints, and over a colon between digits:
    "don't", "e-mail", "15:30" and "and/or" are one word each, and so is a web address. "C++" and "C#" keep their signs.
    """
    has_unspaced = not text.isascii() and UNSPACED_LETTER.search(text) is not None
    found = _pattern(has_address_signs(text), has_unspaced).finditer(text)
    if not has_unspaced:
        return [match.span() for match in found]
    return _cut([(*match.span(), match.lastgroup == "unspaced") for match in found], word_segments(text))


def words(text: str) -> list[str]:
    """Return the words of a text, in order."""
    return [text[start:end] for start, end in word_spans(text)]


def _cut(found: list[tuple[int, int, bool]], segments: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the words found, those of scripts without spaces cut into segments."""
    spans, rest = [], iter(segments)
    _, cut = next(rest)
    for start, end, unspaced in found:
        while cut <= start:
            _, cut = next(rest)
        while unspaced and cut < end:
            spans.append((start, cut))
            start = cut
            _, cut = next(rest)
        spans.append((start, end))
    return spans
