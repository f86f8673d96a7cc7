"""Whether a full stop before a space ends a sentence, or an abbreviation, a number or an initial within it."""

from __future__ import annotations

import regex

from pytest_kvguard.text.abbreviations import (
    ALSO_WORDS,
    BEFORE_A_NUMBER,
    BEFORE_AN_ORDINAL,
    BEFORE_ITS_NUMBER,
    GOES_ON,
    MAY_END,
    NAMES,
    OPENERS,
    months,
)
from pytest_kvguard.text.pattern import Pattern

__all__ = ["ends_sentence", "opens_sentence"]

_SEEN_CHARACTERS = 32
"""How much of the text on each side of a full stop is looked at."""

# The pieces of "z. B" or "i. d. R" before a full stop, and the word before them.
_BEFORE = Pattern(
    # Read from its end, which is where the full stop is.
    r"(?r)(?:(?P<previous>[\p{L}\p{M}]+)[^\p{L}\p{M}\p{N}.]+)?(?P<pieces>(?:[\p{L}\p{M}]{1,4}\.[-\s]{0,2}){0,3})"
    r"(?<![\p{L}\p{M}\p{N}])(?P<last>[\p{L}\p{M}\p{N}§№°º]+)"
)
_AFTER = Pattern(r"[\s\"'“„«‘(\[*_]*(?P<word>[\p{L}\p{M}]*)(?P<stop>\.?)")
_LIST_MARKER = Pattern(r"[\s>#*_+•–—-]*(?:\p{L}?\d{1,3}(?:\.\d{1,3}){0,4}|\p{L}|[ivxIVX]{1,5})\\?")
_OPENING = Pattern(r"[\s>#*_+•–—-]*")
_NUMERAL = Pattern(r"\p{Nd}+|[IVXL]{2,6}")
_DATE = Pattern(r"\d{1,2}\.(?:\s|\d)|(?:1|2)\d{3}\b")
_NUMBER_OR_DASH = Pattern(r"[\d–—-]")
_DOTTED = Pattern(r"(?:\p{L}{1,2}\.)+\p{L}{1,2}")
_FIRST_PIECES = {
    ".".join(name.split(".")[:count]) for name in GOES_ON | MAY_END | NAMES for count in range(2, name.count(".") + 2)
}
_PIECES = {piece for name in GOES_ON | MAY_END | NAMES | BEFORE_A_NUMBER for piece in name.split(".")}
_THAI = Pattern(r"\p{Thai}")
# Short ones, such as "น." for the hour; polite particles and what is longer end a sentence.
_THAI_ABBREVIATION = Pattern(r"(?!(?:ครับ|ค่ะ|คะ)$).{1,4}")
_DAYS_AND_ZONES = Pattern(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|[A-Z]{2,4}\b")


def ends_sentence(text: str, start: int, stop: int, after: int, has_capitals: bool) -> bool:
    """Return whether a full stop ends a sentence.

    Args:
        text: the text.
        start: where the sentence begins.
        stop: where the full stop is.
        after: where the text goes on after it.
        has_capitals: whether the text has capital letters; without any, a small letter says nothing.
    """
    if _LIST_MARKER.fullmatch(text, start, stop):
        return False
    if _is_ordinary(text[max(start, stop - _SEEN_CHARACTERS) : stop].split()):
        return True
    found = _BEFORE.match(text, max(start, stop - _SEEN_CHARACTERS), stop)
    if found is None:
        return True
    if _THAI.match(found["last"]):
        return _THAI_ABBREVIATION.fullmatch(found["last"]) is None
    if not _NUMERAL.fullmatch(found["last"]):
        return _word_ends(text, found, after, has_capitals)
    if not text[found.start("last") - 1 : found.start("last")].strip():
        return not _is_label(text, start, found) and _number_ends(text, found, after, has_capitals)
    return True


def opens_sentence(text: str, place: int) -> bool:
    """Return whether a word at a place, without a space before it, begins a sentence: "We open at nine.We close"."""
    word = _next_word(text, place)
    before = text[max(0, place - 3) : place - 1]
    return before.isalpha() and before.islower() and text[place].isupper() and word.casefold() in OPENERS


def _is_ordinary(tokens: list[str]) -> bool:
    """Return whether the last token is a word that abbreviates nothing, as before most full stops."""
    if not tokens or _NUMERAL.fullmatch(tokens[-1]):
        return False
    last = tokens[-1].casefold()
    abbreviates = last in _PIECES or last.endswith("str")
    return len(last) > 1 and last.isalpha() and not abbreviates and not _THAI.match(last)


def _is_label(text: str, start: int, found: regex.Match[str]) -> bool:
    """Return whether the sentence has begun with this number and its noun, as in "Step 1."."""
    is_labelled = (found["previous"] or "").casefold() in BEFORE_ITS_NUMBER
    return is_labelled and _OPENING.fullmatch(text, start, found.start("previous")) is not None


def _number_ends(text: str, found: regex.Match[str], after: int, has_capitals: bool) -> bool:
    """Return whether "3." is a number at the end of a sentence, and not an ordinal within it."""
    if len(found["last"]) > 2 and found["last"].isdigit():
        return True
    if _DATE.match(text, after):
        return False
    word = _next_word(text, after)
    if not word:
        return True
    small = has_capitals and word[0].islower()
    ordinal = (found["previous"] or "").casefold() in BEFORE_AN_ORDINAL and word.casefold() not in OPENERS
    return not (small or ordinal or word.casefold() in months())


def _word_ends(text: str, found: regex.Match[str], after: int, has_capitals: bool) -> bool:
    """Return whether a sentence ends at the full stop after a word, which may be an abbreviation."""
    last = found["last"]
    pieces = "".join(found["pieces"].split())
    names = {last.casefold(), (pieces + last).casefold()}
    if (names & BEFORE_A_NUMBER or last.endswith("str")) and _NUMBER_OR_DASH.match(text, after):
        return False
    if _begins_abbreviation(text, pieces + last, after):
        return False
    # "5 ms." has a unit, not a title.
    if names & GOES_ON and not text[max(0, found.start("last") - 2) : found.start("last")].strip().isdigit():
        return False
    word = _next_word(text, after)
    opens = word.casefold() in OPENERS
    if names & NAMES or (_DOTTED.fullmatch(pieces + last) and last.isupper()) or _is_initial(found):
        return opens if not word[:1].islower() else not has_capitals and bool(names & ALSO_WORDS)
    if names & MAY_END or _DOTTED.fullmatch(pieces + last):
        return not word[:1].islower() and bool(word) and not _DAYS_AND_ZONES.match(word)
    return True


def _begins_abbreviation(text: str, piece: str, after: int) -> bool:
    """Return whether a full stop is within an abbreviation in several pieces, such as "z. B."."""
    following = _AFTER.match(text, after, after + _SEEN_CHARACTERS)
    if len(piece) > 6 or not following or not following["stop"] or following.start("word") != after:
        return False
    return f"{piece}.{following['word']}".casefold() in _FIRST_PIECES


def _is_initial(found: regex.Match[str]) -> bool:
    """Return whether the letter before a full stop abbreviates a name: the sentence or a name came before it."""
    last, previous = found["last"], found["previous"] or ""
    if len(last) != 1 or not last.isupper() or last == "I":
        return False
    return not previous or previous[0].isupper() or bool(found["pieces"])


def _next_word(text: str, after: int) -> str:
    following = _AFTER.match(text, after, after + _SEEN_CHARACTERS)
    return str(following["word"]) if following else ""
