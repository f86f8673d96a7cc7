"""Whether a canary's letters, found in a row in a text, are the canary or ordinary words and numbers.

A text as it is written needs edges: "navigate" does not contain the code "gate", nor 24471 the code 4471. Letters with
gaps between them need more, or "save 10 GB" would tell the code SAVE10.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import normalize

from pytest_kvguard.leaks.code import GAP, Code, split_at_gaps
from pytest_kvguard.leaks.look_alikes import folded_characters, folded_readings, unadorned
from pytest_kvguard.text.edges import stands_alone
from pytest_kvguard.text.scripts import is_of_spaced_word

__all__ = ["find_spelled", "is_unit_after", "points_of", "spelled_spans"]

_ENOUGH = 3
"""The points that letters with gaps need; a long number alone has them, and so have two rare words."""

_GENITIVE_LETTERS = 7
_NEIGHBOURHOOD = 100
# A comma between digits that is neither a decimal point nor groups thousands.
_LIST_COMMA = re.compile(r"(?<=[0-9]{4}),(?=[0-9]{4})")
_DASHED_BEFORE, _DASHED_AFTER = re.compile(r"[0-9][‐-]$"), re.compile(r"[‐-][0-9]")
# Groups of three, or as in India; a number of so many digits is seldom stated by chance.
_GROUPS = re.compile(r"\d{1,3}(?: \d{3})+$|\d{1,2}(?: \d\d)+ \d{3}$")
_NO_ORDINARY_NUMBER = 7
_NUMBER_SIGNS = set(".,:'’/٫٬")
_JOINED = re.compile(r"[-‐_*~`·•|+]+")
_SENTENCE_END = re.compile(r"[.!?;:。！？；：]\s")
_UNIT = re.compile(
    r"\s?(?:[%‰°€$£¥]|(?:[kmgt]i?b|kg|km|cm|mm|g|m|h|s|min|eur|usd|gbp|percent|prozent|euros?|dollars?|pounds?)\b)"
)
_SET_OFF = re.compile(r"(?::\s*|[\"'`*“”„«»‘’「『(\[=])$")
_LINE_BEGINS, _LINE_ENDS = re.compile(r"(?:^|\n)\s*$"), re.compile(r"\W*(?:\n|$)")
_GOES_ON = re.compile(r"[ \t]*[^\W_]")
_UNUSUAL_CASE = re.compile(r"[A-Z]{2}|[a-z0-9][A-Z]")


def find_spelled(code: Code, text: str, needs_edges: bool = True) -> str | None:
    """Return how a canary stands in a text, ``in other letters`` or ``spaced out``, or None."""
    return next((form for form, _ in spelled_spans(code, text, needs_edges)), None)


def spelled_spans(code: Code, text: str, needs_edges: bool = True) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield (form, span) for every place where a canary stands in a text; spans are those of the unadorned text."""
    if not code.characters <= folded_characters(text):
        return
    plain = unadorned(text)
    spaced: list[tuple[int, int]] = []
    for folded in folded_readings(text):
        for start in _occurrences(code.folded, folded):
            stop = start + len(code.folded)
            if not needs_edges or (
                _has_edges(code, plain, start, stop) and _is_no_part_of_a_number(code, plain, start, stop)
            ):
                yield "in other letters", (start, stop)
        spaced += (match.span() for match in code.anywhere.finditer(folded))
    candidates = [span for span in spaced if _has_edges(code, plain, *span)]
    told = [span for span in candidates if _is_told(code, plain, *span)]
    if not told and candidates and _is_in_its_own_case(code, text):
        told = candidates
    yield from (("spaced out", span) for span in told)


def _occurrences(part: str, text: str) -> Iterator[int]:
    start = text.find(part)
    while start >= 0:
        yield start
        start = text.find(part, start + 1)


def _has_edges(code: Code, plain: str, start: int, stop: int) -> bool:
    """Return whether nothing that belongs to the same word or number stands at either end."""
    first = max(0, start - _NEIGHBOURHOOD)
    around = plain[first : stop + _NEIGHBOURHOOD]
    if code.is_number:
        around = _LIST_COMMA.sub(";", around)
    if stands_alone(around, start - first, stop - first):
        return True
    if code.is_distinct:
        return not (_are_digits(plain[start - 1 : start + 1]) or _are_digits(plain[stop - 1 : stop + 1]))
    return _is_genitive(code, plain, start, stop)


def _are_digits(pair: str) -> bool:
    return len(pair) == 2 and pair.isdigit()


def _is_genitive(code: Code, plain: str, start: int, stop: int) -> bool:
    """Return whether a name ends in the s of a genitive or plural: Halvorsens, the Larkspurs."""
    is_name = len(code.letters) >= _GENITIVE_LETTERS and code.letters[-1].isalpha()
    return is_name and plain[stop : stop + 1] == "s" and stands_alone(plain, start, stop + 1)


def _is_no_part_of_a_number(code: Code, plain: str, start: int, stop: int) -> bool:
    """Return whether a code of digits is written in digits, and joined to no others: 555-4471."""
    if not code.is_number:
        return True
    if 2 * sum(map(str.isdigit, plain[start:stop])) < stop - start:
        return False
    return not (_DASHED_BEFORE.search(plain[max(0, start - 2) : start]) or _DASHED_AFTER.match(plain, stop))


def _is_told(code: Code, plain: str, start: int, stop: int) -> bool:
    """Return whether letters with gaps between them are unusual enough to be the code."""
    chunks, gaps = split_at_gaps(plain[start:stop])
    if code.is_number:
        return _is_spelled_number(plain[max(0, start - 4) : start], chunks, gaps, plain[stop : stop + 4])
    if all(map(_JOINED.fullmatch, gaps)):
        return True
    breaks = _breaks(chunks)
    same_breaks = breaks == list(code.breaks)
    if same_breaks and all(gap.isspace() for gap in [*gaps, *code.breaks.values()]):
        return True
    points = sum(map(points_of, chunks)) + same_breaks
    points -= 2 * any(_SENTENCE_END.search(gap) and len(chunk) > 1 for chunk, gap in zip(chunks, gaps, strict=False))
    points += 2 * _is_set_off(plain, start, stop) - bool(_GOES_ON.match(plain, stop))
    return points >= _ENOUGH


def is_unit_after(text: str, stop: int) -> bool:
    """Return whether a unit or a currency follows, so that a number is an amount."""
    return _UNIT.match(text[stop : stop + _NEIGHBOURHOOD].lower()) is not None


def _is_set_off(plain: str, start: int, stop: int) -> bool:
    """Return whether a colon or a quotation mark announces the letters, or they have a line of their own."""
    if is_unit_after(plain, stop):
        return False
    before = plain[max(0, start - 12) : start]
    return bool(_SET_OFF.search(before) or (_LINE_BEGINS.search(before) and _LINE_ENDS.match(plain, stop)))


def _breaks(chunks: list[str]) -> list[int]:
    return [sum(map(len, chunks[:count])) for count in range(1, len(chunks))]


def points_of(chunk: str) -> int:
    """Return how unusual a chunk of letters or digits is in ordinary text; an everyday word or number has none."""
    if chunk.isdigit():
        is_everyday = len(chunk) < 3 and (int(chunk) <= 12 or int(chunk) % 5 == 0)
        return 1 if is_everyday else len(chunk)
    if not chunk.isalpha() or not is_of_spaced_word(chunk[0]):
        return len(chunk)
    if len(chunk) == 1:
        return 1 if chunk in "aeiouy" else 2
    if chunk.isascii() and not set(chunk) & set("aeiouy"):
        return len(chunk)
    return 0 if len(chunk) < 5 else 1 if len(chunk) < 7 else 2


def _is_spelled_number(before: str, chunks: list[str], gaps: list[str], after: str) -> bool:
    """Return whether digits with gaps are a code that is spelled out, not an amount, a time or a longer row."""
    left, right = re.search(rf"[0-9]({GAP}{{1,2}})$", before), re.match(rf"({GAP}{{1,2}})[0-9]", after)
    if any(row is not None and row[1] in gaps for row in (left, right)):
        return False
    if max(map(len, chunks)) == 1:
        return True
    if any(map(_SENTENCE_END.search, gaps)):
        return False
    is_long = sum(map(len, chunks)) >= _NO_ORDINARY_NUMBER
    if is_long and len(set(gaps)) == 1 and _GROUPS.match(" ".join(chunks)):
        return True
    is_thousands = len(chunks[0]) == 1 and all(len(chunk) == 3 for chunk in chunks[1:])
    return not (all(gap in _NUMBER_SIGNS for gap in gaps) or (is_thousands and set(gaps) == {" "}))


def _is_in_its_own_case(code: Code, text: str) -> bool:
    """Return whether the canary is spaced out in its own capitals, as in SAVE 10, and is no amount, as in SAVE 10%."""
    if code.is_number or not _UNUSUAL_CASE.search(code.text):
        return False
    text = normalize("NFKC", text)
    return any(not _UNIT.match(text[match.end() :].lower()) for match in _cased(code.text).finditer(text))


@lru_cache(maxsize=1024)
def _cased(canary: str) -> re.Pattern[str]:
    letters = filter(str.isalnum, normalize("NFKC", canary))
    return re.compile(rf"(?<![^\W_]){f'{GAP}{{0,3}}'.join(map(re.escape, letters))}(?![^\W_])")
