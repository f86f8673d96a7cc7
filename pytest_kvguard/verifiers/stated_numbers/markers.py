"""Digits that state no number: dates, times, list markers, phone numbers, codes, addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import regex

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.stated_numbers.currencies import signs_before
from pytest_kvguard.verifiers.stated_numbers.vocabulary import months_of

__all__ = ["Span", "Spans", "list_markers", "marked_spans"]

Span = tuple[int, int]

_DAY = r"\d{1,2}(?:st|nd|rd|th|er|\.|º|ª)?"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_CLOCK = r"\d{1,2}(?:[.:]\d{2})?"
_NOT_IN_NUMBER = r"(?<![\d\p{L}])(?<!\d[.,])"

# Each pattern with the signs of which one must be in the text for it to be tried at all; none: it is always tried.
_FIXED = tuple(
    (tuple(needed.split()), Pattern(pattern))
    for needed, pattern in (
        # Addresses of the web and of machines.
        (":// www. @", r"\b(?:https?|ftp)://\S+|\bwww\.\S+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}\.[\w.]+"),
        (
            ".com .org .net .de .io .eu .info .fr .es .it .uk .cn .jp .dev .app",
            r"(?<![\w.])(?:[A-Za-z][\w-]{0,40}\.){1,4}(?:com|org|net|de|io|eu|info|fr|es|it|uk|cn|jp|dev|app)\b(?:/\S*)?",
        ),
        (".", rf"(?<![\d.]){_OCTET}(?:\.{_OCTET}){{3}}(?::\d+|/\d+)?(?!\d|\.\d)"),
        # Dates and spans of years.
        ("- / .", r"(?<!\d)\d{4}([-/.])\d{1,2}\1\d{1,2}(?!\d)(?:[T ]\d{1,2}:\d{2}(?::\d{2})?)?"),
        ("- / .", r"(?<![\d.,/])\d{1,2}([./-])\s?\d{1,2}\1\s?(?:\d{4}|\d{2})(?![\d%€$£]|[.,]\d)"),
        ("月 월", r"(?<!\d)(?:\d{2,4}\s?[年년]\s?)?\d{1,2}\s?[月월]\s?\d{1,2}\s?[日號号일]?"),
        ("年 년", r"(?<!\d)\d{4}\s?[年년]"),
        ("月 월", r"(?<!\d)\d{1,2}\s?(?:월|月(?![間间]))"),
        ("ngày tháng năm", r"\b(?:ngày|tháng|năm)\s\d{1,4}(?!\d)"),
        (
            "Am am om is um Ab ab eit",
            r"\b(?:[aA]m|[vV]om|[bB]is zum|[zZ]um|[aA]b dem|[bB]is|[sS]eit|[aA]b)\s\d{1,2}\.\s?\d{1,2}\.(?!\d)",
        ),
        # Times of day. "15 h" and "3 Stunden" may be durations, so they are left.
        (":", r"(?<!\d)\d{1,9}(?::\d{1,9})+(?:[.,]\d+)?(?:\s?[ap]\.?\s?m\b\.?|\s?(?:Uhr|h)\b)?"),
        (
            "am AM Am pm PM Pm a.m A.M p.m P.M clock Uhr น. m.",
            rf"{_NOT_IN_NUMBER}(?:{_CLOCK}\s?(?:[-–—]|bis|to|till|until|und|and)\s?)?{_CLOCK}\s?"
            r"(?:[aApP]\.?\s?[mM]\b\.?(?! Tag)|Uhr\b|[oO]['’]clock\b|น\.)(?:\s?\d{2}(?!\d))?",
        ),
        ("h", rf"{_NOT_IN_NUMBER}\d{{1,2}}\s?h\s?[0-5]\d(?:\s?min)?(?![\d\p{{L}}])"),
        (
            "上午 下午 午前 午後 早上 晚上 오전 오후 凌晨 中午",
            r"(?:上午|下午|午前|午後|早上|晚上|오전|오후|凌晨|中午)\s?\d{1,2}(?:\s?[時时点點시](?:\s?\d{1,2}\s?[分분])?)?",
        ),
        (
            "時 时 点 點 시",
            r"(?<!\d)\d{1,2}\s?(?:[時时点點](?![間间数])|시(?!간))(?:\s?\d{1,2}\s?[分분]|半|반)?",
        ),
        ("l. klo godz ore las", rf"\b(?:[kK]l\.?|klo|godz\.|alle ore|ore|a las)\s{_CLOCK}(?![\d.,]*\d)"),
        # Telephone and card numbers, ISBN, IBAN, and other runs of groups.
        ("+", r"(?<![\w.])\+(?!\d{1,3}(?:[ .]\d{3})+(?!\d|[ .-]\d))\d[\d \u00a0()./-]{5,}\d"),
        ("(", r"\(\+?0?\d{2,5}\)\s?\d[\d\s/-]{4,}\d"),
        ("0", r"(?<![\d.,])(?<!\d\s)0\d{1,5}[\s/-]\d[\d\s/-]{3,}\d|(?<!\d)0\d(?:[ .\u00a0]\d{2}){4}(?!\d)"),
        ("", r"(?<!\d)\d{3}[-. ]\d{3}[-. ]\d{4}(?!\d)|(?<!\d)\d{4}(?:[ -]\d{4}){2,}(?:[ -]\d{1,4})?(?!\d)"),
        ("00 0", r"(?<!\d)1[38]00 \d{3} \d{3}(?!\d)|(?<![\d.,])\d{3}[ -]0\d{3}(?!\d)"),
        ("1-8", r"(?<!\d)1-8\d\d-[\dA-Z-]+"),
        ("-", r"(?<![\w.,])\d+(?:-\d+){2,}[\dX]*(?!\w)"),
        ("", r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,}(?: ?[A-Z0-9]{1,4})?\b"),
        ("ISBN", r"\bISBN(?:-1[03])?:?\s?[\dX -]{9,}"),
        # Codes, versions, names of things.
        ("# № § . ° º", r"(?:[#№§]|\b(?:[nN]o|[nN]r|[nN]úm|[nN])[.°º]|\bn°)\s?\d[\d./-]*(?<![./-])"),
        ("v V ersion elease", r"\b(?:[vV]ersion|[rR]elease|[vV]er\.|[vV]\.?)\s?\d+(?:\.\d+)*"),
        ("[", r"\[\d+(?:[,–-]\s?\d+)*\]"),
        ("\u20e3", r"\d\uFE0F?\u20E3"),
        ("- _", r"(?<![\w.,])\d+(?:[-_][A-Z][A-Z\d]*)+\b"),
        # Ordinals.
        (
            "st nd rd th e º ª : й я го му ый ое",
            r"(?<![\d.,])\d+(?:st|nd|rd|th|ère|er|ème|eme|e|º|ª|\.º|-?(?:й|я|го|му|ый|ое)|:[ae])(?![\p{L}\d])",
        ),
        (
            "tep chritt tape asso aso tap ชั้น 步骤 步驟 ステップ 단계 шаг Шаг",
            r"\b(?:[sS]tep|[sS]chritt|[éÉ]tape|[pP]asso|[pP]aso|[sS]tap|[шШ]аг)\s\d+(?![.,]?\d)|(?:步骤|步驟|ステップ|단계)\s?\d+",
        ),
        ("0s", r"(?<![\d.,])(?:1\d|20)\d0s\b"),
        ("€ £", r"(?<![\d.,])\d+\s?[€£]\d{2}(?!\d|[.,]\d)"),
        ("第", r"第\s?\d+"),
        (".", r"\b(?:[iI]m|[aA]m|[vV]om|[zZ]u[mr]|[bB]eim|[dD](?:er|ie|as|en|em|es))\s\d{1,3}\.(?=\s\p{L})"),
    )
)
_CODE = Pattern(r"(?<![\p{L}\d])(?:[A-Za-z][A-Za-z\d]{0,20}[-_/.]){0,4}([A-Za-z\d]{0,20}[A-Za-z])[-_]\d[\w-]*")
_DASH_FOLLOWS = Pattern(r"(?m)^[ \t]*(\d{1,2})(?= [-–—] \p{L})")
_LOWERCASE_FOLLOWS = Pattern(r"(?<![\d.,])(\d{1,2})\.(?=\s\p{Ll})")

_MARKER = Pattern(r"(?m)^[ \t]*(?:[>*_#•·–-]+[ \t]*)*(\(?)(\d{1,3})([.)、．:]+)[*_]*(?=[ \t]+\S|[、．]\S|\p{L})")


class Spans:
    """Half-open intervals of a text."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._covered = {place for start, end in spans for place in range(start, end)}

    def touch(self, start: int, end: int) -> bool:
        """Return whether one of the intervals shares a character with this one."""
        return not self._covered.isdisjoint(range(start, end))


def marked_spans(text: str, languages: tuple[str, ...]) -> Spans:
    """Return the parts of a text whose digits state no number.

    Args:
        text: the text.
        languages: those whose months may stand in it.
    """
    tried = [pattern for needed, pattern in _FIXED if not needed or any(sign in text for sign in needed)]
    fixed = [match.span() for pattern in tried for match in pattern.finditer(text)]
    joined = _CODE.finditer(text) if "-" in text or "_" in text else ()
    codes = [match.span() for match in joined if not signs_before(match[1])]
    lettered = any(character.isalpha() for character in text)
    dates = [match.span() for match in _named_dates(languages).finditer(text)] if lettered else []
    return Spans([*fixed, *codes, *dates])


@lru_cache(maxsize=64)
def _named_dates(languages: tuple[str, ...]) -> regex.Pattern[str]:
    months = "|".join(sorted(map(regex.escape, months_of(languages)), key=len, reverse=True))
    month = rf"(?<![\p{{L}}\p{{M}}])(?:{months})(?![\p{{L}}\p{{M}}])"
    of = r"(?:\s?[-–]\s?|\s)(?:(?:de|di|of|d['’])\s?)?"
    year = r"(?:,?\s(?:de(?:l)?\s)?\d{4}(?!\d))?"
    days = rf"(?<![\d.,]){_DAY}(?:\s?(?:[-–—/]|bis|to|and|und|et|y|e)\s?{_DAY})?"
    return regex.compile(
        rf"{days}{of}{month}\.?{year}|{month}\.?\s{days}(?![\d%]|[.,]\d){year}|{month}\.?\s(?:de\s)?\d{{4}}(?!\d)"
    )


def list_markers(text: str) -> Iterator[tuple[Span, bool]]:
    """Yield the numbers that stand as markers of lists and ordinals do, each with whether it is one for certain.

    "20. That is the price." begins like an item of a list. The number is a marker for certain where it is 1, or follows
    or precedes its neighbour in the list, or stands before a bracket.
    """
    yield from ((match.span(1), False) for match in _LOWERCASE_FOLLOWS.finditer(text))
    yield from ((match.span(1), False) for match in _DASH_FOLLOWS.finditer(text))
    found = [(match.span(2), int(match[2]), match[1] + match[3]) for match in _MARKER.finditer(text)]
    numbers = {number for _, number, _ in found}
    for span, number, sign in found:
        yield span, number == 1 or ")" in sign or bool({number - 1, number + 1} & numbers)
