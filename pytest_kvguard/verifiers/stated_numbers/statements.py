"""The numbers that a text states, each with every way in which it can be read."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import regex

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.stated_numbers.currencies import currencies_of, has_two_decimals, signs_before
from pytest_kvguard.verifiers.stated_numbers.languages import ENGLISH, candidate_languages, reply_language
from pytest_kvguard.verifiers.stated_numbers.markers import list_markers, marked_spans
from pytest_kvguard.verifiers.stated_numbers.notation import (
    EVERY_NOTATION,
    SPACE,
    Notation,
    are_spaced_groups,
    ends_in_minus,
    find_locale,
    fold_separators,
    groups_by_spaces,
    notations_of,
    read_in,
    read_numeral,
)
from pytest_kvguard.verifiers.stated_numbers.numerals import of_myriads, of_power, of_slashed, of_vulgar_fraction
from pytest_kvguard.verifiers.stated_numbers.units import Beside, magnitude_after, unit_after, unit_before

__all__ = ["Reading", "Statement", "languages_of", "statements"]

# In these languages the regions disagree on the separators.
_DIVIDED = {"es": ("es", "es-MX")}

_VULGAR = "¼½¾⅐-⅞↉"
_SEPARATED = (
    rf"\d+(?:(?:[.,'٫٬،]|(?<=(?<!\d)\d{{1,3}}){SPACE}(?=\d{{2,3}}(?!\d))|(?<=(?<!\d)\d{{1,3}}) (?=\d{{3}}(?!\d))|"
    rf"(?<=[.,'٫٬{SPACE} ]\d{{3}})[{SPACE} ](?=\d{{3}}(?!\d)))\d+)*"
)
_NUMERAL = Pattern(
    r"(?P<myriads>(?:\d[\d,.]*[ ]?[十百千천]?[万萬億亿兆만억조][千百]?)"
    r"(?:[ ]?\d[\d,.]*[千百천]?[万萬億亿만억]?)*(?![克米])"
    rf"|\d[\d,.]*[百千천](?![克米瓦卡赫])(?:\d+[百十])*)"
    rf"|(?P<mixed>\d+[ {SPACE}]\d+[/⁄]\d+(?![\d/⁄]))"
    rf"|(?P<slashed>\d+(?:[/⁄]\d+)+)(?![.,]\d)"
    rf"|(?P<vulgar>\d*[ {SPACE}]?[{_VULGAR}])"
    rf"|(?P<body>(?:(?<![\w.,٫)])[.,٫])?{_SEPARATED})"
    r"(?:(?P<exponent>[eE][-+−]?\d{1,3}(?![\w.,]\d|\w))|(?P<power>\s?[×x·⋅*]\s?10(?:\^|\*\*)?(?:[-−+]?\d{1,3}|[⁻⁺]?[⁰¹²³⁴-⁹]+)))?"
)

_SPACED_ALPHABETS = Pattern(r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{Armenian}\p{Georgian}_]+\Z")
_LETTERS_FOLLOW = Pattern(r"[\p{Latin}\p{Cyrillic}\p{Greek}_]+")
_TRAILING_MINUS = Pattern(r"(?<=\d)-(?=$|[.,;)]|\s+$)", regex.MULTILINE)
_TOUCHING_SIGN = Pattern(r"(?<![\d\p{L}\p{M}_)%])(?<!\d )([-−–]|\+)\Z")
_RANGE = Pattern(
    rf"[ {SPACE}]?[-–—~～][ {SPACE}]?\Z|[ {SPACE}](?:to|bis|à|a|til|do|до|tot|through)[ {SPACE}]\Z|[至到]\Z"
)
_BOTH_ENDS = Pattern(r" (?:and|und|et|y|e) \Z")
_BETWEEN = Pattern(r"\b(?:[bB]etween|[zZ]wischen|[eE]ntre|[tT]ra) (?:\p{Sc} ?)?\Z")
_DIGIT = Pattern(rf"[\d{_VULGAR}]")
_SIGN_AT_END = Pattern(rf"[-−–+]{SPACE}?\Z")
_DIGIT_AT_END = Pattern(rf"\d[ {SPACE}]?\Z")
_NO_CENTS = Pattern(r"\A(?:[.,][-–—]+|[-–—](?=[ \u00a0]\p{L}))")
_PART_OF_CODE = Pattern(r"\d[/⁄:]\Z|[#@\\]\Z|[\p{Latin}\d]/\Z|\d[.,'٫٬]\Z")
_CODE_GOES_ON = Pattern(r"(?![eE]\d)[\p{Latin}\p{Cyrillic}_]+\d|⁄\d")
_ASCII_DIGITS = frozenset("0123456789")
_PAIR_OF_DIGITS = Pattern(rf"{SPACE}\d\d(?!\d)")
_HYPHEN_BEFORE = Pattern(r"(?<![\d.,])(\d+)-\Z")
_HYPHEN_AFTER = Pattern(r"-(\d+)(?![\d.,]*\d)")
_MINUS_IN_WORDS = Pattern(
    r"(?<!\d )(?:(?<!\p{L})(?:[mM]inus|[nN]egative|[mM]oins|[mM]enos?|[мМ]инус|[eE]ksi) |零下|マイナス|负|영하 ?)\Z"
)
_FOREIGN_DIGIT = Pattern(r"[^\P{Nd}0-9]")
_RAISED = Pattern(r"[⁻⁺]?[⁰¹²³⁴-⁹]+")
# Markdown's emphasis, as in "**20** €"; a star between two digits multiplies them.
_EMPHASIS = Pattern(r"(?<=[^\s\d])[*`]+|[*`]+(?=[^\s\d])|(?<=\d)[*`]+(?!\d)|(?<!\d)[*`]+(?=\d)")
_BIDI = Pattern(r"[\u200e\u200f\u061c\u2066-\u2069\u202a-\u202e]")
_PERCENTS = str.maketrans("٪％﹪", "%%%")
_WINDOW = 80


@dataclass(frozen=True)
class Reading:
    """One way to read a statement.

    Attributes:
        numbers: the numbers that are stated if it is read so; none if it is a code or a date.
        units: the words beside them that may be their unit.
    """

    numbers: tuple[float, ...]
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class Statement:
    """A numeral of a text.

    Attributes:
        text: the numeral as it stands there, with its unit.
        readings: every way to read it; which of them is meant cannot be told.
    """

    text: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class _Numeral:
    """A numeral, its place, its readings without units, and what stands beside it."""

    start: int
    end: int
    values: tuple[tuple[float, ...], ...]
    before: Beside
    after: Beside
    factors: frozenset[float]
    plain_letter: bool


@lru_cache(maxsize=256)
def statements(text: str, locale: str | None = None, unit: str = "") -> tuple[Statement, ...]:
    """Return the numbers that a text states.

    Args:
        text: a reply.
        locale: the locale whose notation it follows; None = whatever the text itself tells.
        unit: the unit that the contract asks for.
    """
    return tuple(_Scan(text, locale, unit).statements()) if _DIGIT.search(text) else ()


def languages_of(text: str, locale: str | None = None) -> tuple[str, ...]:
    """Return the languages whose words a text is read with, the likeliest first."""
    declared = find_locale(locale) if locale else None
    return tuple(dict.fromkeys((str(declared), ENGLISH))) if declared else candidate_languages(text)


def _normalised(text: str) -> str:
    """Return a text with ASCII digits, one sign for each kind of separator, and no marks of direction or emphasis."""
    bare = _EMPHASIS.sub("", _BIDI.sub("", text)).replace("&nbsp;", SPACE)
    plain = fold_separators(bare).translate(_PERCENTS)
    return plain if plain.isascii() else _FOREIGN_DIGIT.sub(lambda match: str(unicodedata.decimal(match[0])), plain)


class _Scan:
    """One pass over a text."""

    def __init__(self, text: str, locale: str | None, unit: str) -> None:
        self.text = _normalised(text)
        self.native = self.text != text and any(c.isdecimal() and not c.isascii() for c in text)
        text = self.text
        self.unit = unit
        self.locale = find_locale(locale) if locale else None
        self.languages = languages_of(text, locale)
        self.marked = marked_spans(text, self.languages)
        self.markers = dict(list_markers(text))
        self.fitting = self._fitting()
        self.notations = self._notations()

    def _notations(self) -> frozenset[Notation]:
        """Return the notations that the text may follow: the declared one, or what its numerals and words tell."""
        if self.locale is not None:
            return notations_of(str(self.locale), self.native)
        language = reply_language(self.text)
        regions = _DIVIDED.get(language, (language,)) if language else ()
        of_language = frozenset(notation for name in regions for notation in notations_of(name, self.native))
        # Numerals and words that contradict each other leave both open.
        return self.fitting & of_language or self.fitting | of_language

    def _fitting(self) -> frozenset[Notation]:
        """Return the notations that fit all numerals of the text; every one if they contradict each other."""
        fitting = EVERY_NOTATION
        for match in _NUMERAL.finditer(self.text):
            if match["body"] and not (match["body"].isdecimal() or self.marked.touch(*match.span())):
                body = match["body"].replace(" ", SPACE)
                fits = frozenset(notation for notation in EVERY_NOTATION if read_numeral(body, notation) is not None)
                fitting = fitting & fits if fits else fitting  # a version such as 1.2.3 tells nothing
        return fitting or EVERY_NOTATION

    def statements(self) -> Iterator[Statement]:
        """Yield the statements, in the order of the text."""
        numerals = [numeral for match in _NUMERAL.finditer(self.text) for numeral in self._numeral(match)]
        for index, numeral in enumerate(numerals):
            following = numerals[index + 1] if index + 1 < len(numerals) else None
            previous = numerals[index - 1] if index else None
            yield self._statement(self._of_range(previous, numeral, following))

    def _of_range(self, previous: _Numeral | None, numeral: _Numeral, following: _Numeral | None) -> _Numeral:
        """Return a numeral with the unit and the magnitude that it shares with the other end of its range."""
        before, after, factors, plain = numeral.before, numeral.after, numeral.factors, numeral.plain_letter
        if following and self._joins(numeral, following) and not (after.is_known or before.word):
            after = following.after if following.after.word else after
            factors, plain = (following.factors, following.plain_letter) if not factors else (factors, plain)
        if previous and self._joins(previous, numeral) and not (before.word or after.is_known):
            before = previous.before
        return _Numeral(numeral.start, numeral.end, numeral.values, before, after, factors, plain)

    def _joins(self, first: _Numeral, second: _Numeral) -> bool:
        between = self.text[first.end : second.start]
        sign = self.text[second.start : second.start + 1]
        if _BOTH_ENDS.match(between) and _BETWEEN.search(self._left(first.start)):
            return True
        return bool(_RANGE.match(between) or (sign in "-–" and not between))

    def _numeral(self, match: regex.Match[str]) -> Iterator[_Numeral]:
        start, end = match.span()
        if self.marked.touch(start, end) or self.markers.get(match.span()) is True:
            return
        before = self._before(start)
        values = () if self._is_code(start, end, before) else self._values(match)
        if not values:
            return
        if start in {span[0] for span, sure in self.markers.items() if not sure} and match["body"]:
            values = (*values, ())
        start, negative = self._signed(start, before)
        if negative:
            values = _negated(values)
        elif _TRAILING_MINUS.match(self.text, end):
            values = (
                _negated(values) if self.locale and ends_in_minus(str(self.locale)) else (*values, *_negated(values))
            )
        rest = self.text[end : end + _WINDOW]
        factors, length, plain = magnitude_after(rest, self.languages)
        unit = unit_after(rest, self.languages, self.unit)
        if match["myriads"] or (unit.is_known and unit.end > length):  # 千克 is a kilogram, not a thousand
            factors, length = frozenset(), 0
        after = self._after(end + length, length > 0)
        if not factors and self._letters_make_it_doubtful(end, after):
            values = (*values, ())
        yield _Numeral(start, end + length, tuple(dict.fromkeys(values)), before, after, factors, plain)

    def _signed(self, start: int, before: Beside) -> tuple[int, bool]:
        """Return where a numeral begins with its sign and currency, and whether the sign is a minus."""
        money = self._start_of(start, before)
        if before.word and (between := _SIGN_AT_END.search(self.text[money + len(before.word) : start])):
            return money, bool(between)
        word = _MINUS_IN_WORDS.search(self._left(money))
        if word:
            return money - len(word[0]), True
        for place in dict.fromkeys((start, money)):
            match = _TOUCHING_SIGN.search(self._left(place))
            if match:
                return place - 1, match[1] != "+"
        return start, False

    def _start_of(self, start: int, before: Beside) -> int:
        if not before.word:
            return start
        window = self._left(start)
        return start - len(window) + window.rindex(before.word)

    def _left(self, place: int) -> str:
        return self.text[max(0, place - _WINDOW // 4) : place]

    def _before(self, start: int) -> Beside:
        """Return the currency before a numeral, unless it belongs to the numeral before that."""
        window = self._left(start)
        window = _SIGN_AT_END.sub("", window)
        found = unit_before(window, self.languages)
        if not found.word:
            return found
        spaced = not window.endswith(found.word)
        belongs_to_left = _DIGIT_AT_END.search(window[: found.end])
        touches_left = window[: found.end][-1:].isdigit()
        return Beside() if belongs_to_left and (spaced or touches_left) else found

    def _after(self, end: int, is_after_magnitude: bool) -> Beside:
        """Return the unit behind a numeral, unless it is the currency of the next numeral."""
        rest = _NO_CENTS.sub("", self.text[end : end + _WINDOW])
        found = unit_after((" " if is_after_magnitude and rest[:1].isalpha() else "") + rest, self.languages, self.unit)
        behind = rest[found.end :]
        if found.word and rest[:1] in (" ", SPACE) and behind[:1].isdigit() and signs_before(found.word):
            return Beside()
        return found

    def _is_code(self, start: int, end: int, before: Beside) -> bool:
        """Return whether letters or signs around digits make them part of a code."""
        left = self._left(start)
        letters = _SPACED_ALPHABETS.search(left)
        if letters and not (before.word and letters[0].endswith(before.word)) and not signs_before(letters[0]):
            return True
        if _PART_OF_CODE.search(left[-3:]):
            return True
        return _CODE_GOES_ON.match(self.text[end : end + _WINDOW]) is not None

    def _letters_make_it_doubtful(self, end: int, after: Beside) -> bool:
        """Return whether letters follow a numeral at once that are no unit, as in 12B."""
        letters = _LETTERS_FOLLOW.match(self.text, end)
        if letters is None or letters[0] == self.unit:
            return False
        return not after.is_known or (len(letters[0]) == 1 and letters[0].isupper())

    def _values(self, match: regex.Match[str]) -> tuple[tuple[float, ...], ...]:
        if match["myriads"]:
            return ((of_myriads(match["myriads"]),),)
        if match["vulgar"]:
            return ((of_vulgar_fraction(match["vulgar"]),),)
        if match["mixed"]:
            whole, numerator, denominator = map(int, regex.findall(r"\d+", match["mixed"]))
            return ((whole + numerator / denominator,),) if denominator else ()
        if match["slashed"]:
            return of_slashed([int(part) for part in regex.findall(r"\d+", match["slashed"])])
        values = self._of_body(match["body"], match.end())
        raised = _RAISED.match(self.text, match.end())
        if raised and not (match["exponent"] or match["power"]):
            # A power of ten, or a number with a footnote; which power of another number is meant is not read.
            return (*values, (of_power(f"10{raised[0]}"),) if match["body"] == "10" else ())
        scale = of_power(match["exponent"] or match["power"] or "")
        return values if scale == 1 else tuple(tuple(number * scale for number in reading) for reading in values)

    def _of_body(self, body: str, end: int) -> tuple[tuple[float, ...], ...]:
        """Return the readings of a numeral of digits and separators."""
        readings: list[tuple[float, ...]] = [(number,) for number in self._numbers(body.replace(" ", SPACE), end)]
        if self._may_be_several(body, end):
            readings.append(tuple(n for part in body.replace(SPACE, " ").split() for n in self._numbers(part, end)[:1]))
        if not readings and set(body) - _ASCII_DIGITS == {","}:
            readings = [tuple(float(part) for part in body.split(",") if part)]
        if (body[:1] == "0" and body[1:2].isdigit()) or self._is_hyphenated(body, end):
            readings.append(())
        return tuple(dict.fromkeys(readings))

    def _may_be_several(self, body: str, end: int) -> bool:
        """Return whether the spaces in a numeral may stand between numbers instead of groups of digits."""
        if self.locale and groups_by_spaces(str(self.locale)):
            return False
        if _PAIR_OF_DIGITS.search(body):
            return True
        language = None if self.locale else reply_language(self.text)
        certain = language is not None and groups_by_spaces(language)
        return " " in body and not (are_spaced_groups(body, certain) or self._is_money(body, end))

    def _is_money(self, body: str, end: int) -> bool:
        """Return whether a currency stands beside groups of digits."""
        sides = (self._before(end - len(body)), self._after(end, False)) if are_spaced_groups(body, True) else ()
        return any(side.is_known and currencies_of(side.word, self.languages) for side in sides)

    def _numbers(self, body: str, end: int) -> list[float]:
        """Return what a numeral may mean: in the notations of the text, or, if it follows none of them, in any."""
        meant = read_in(body, self.notations) or read_in(body, EVERY_NOTATION)
        if self.locale is None and len(meant) == 1 and body[-4:-3] in (".", ",") and self._is_doubtful(body, end):
            meant |= read_in(body, EVERY_NOTATION)
        return sorted(meant)

    def _is_doubtful(self, body: str, end: int) -> bool:
        """Return whether three decimals are more likely a group of digits, whatever the language: 1.250 in English.

        Hardly any currency has three decimals, and few people write a third one that is a zero, but many copy a numeral
        in the notation of its source.
        """
        is_whole = read_numeral(body, self._notation_of(body)) == float("".join(filter(str.isdecimal, body)))
        if is_whole:
            return False
        if body.endswith("0") and len(read_in(body, self.fitting)) > 1:
            return True
        sides = (self._after(end, False).word, self._before(end - len(body)).word)
        return any(has_two_decimals(currencies_of(word, self.languages)) for word in sides if word)

    def _notation_of(self, body: str) -> Notation:
        """Return a notation of the text in which a numeral can be read."""
        return next((n for n in self.notations if read_numeral(body, n) is not None), next(iter(self.notations)))

    def _is_hyphenated(self, body: str, end: int) -> bool:
        """Return whether a numeral may be half of a number such as 555-1234 or of a score such as 2-1."""
        left = _HYPHEN_BEFORE.search(self._left(end - len(body)))
        right = _HYPHEN_AFTER.match(self.text[end : end + _WINDOW])
        if not body.isdecimal() or not (left or right):
            return False
        first, second = (left[1], body) if left else (body, right[1])
        return int(first) >= int(second) or second.startswith("0") or (len(first), len(second)) == (3, 4)

    def _statement(self, numeral: _Numeral) -> Statement:
        sides = sorted((numeral.after, numeral.before), key=lambda beside: not beside.is_known)
        units = tuple(beside.word for beside in sides if beside.word)
        shown = self.text[numeral.start : numeral.end].strip()
        readings = [Reading(numbers, units if numbers else ()) for numbers in numeral.values]
        if numeral.factors:
            readings = list(self._multiplied(numeral, units, readings))
        known = [beside.word for beside in (numeral.before, numeral.after) if beside.is_known]
        return Statement(" ".join([shown, *known]) if known else shown, tuple(dict.fromkeys(readings)))

    def _multiplied(self, numeral: _Numeral, units: Sequence[str], plain: Sequence[Reading]) -> Iterator[Reading]:
        """Yield the readings with a magnitude; a letter such as m may be a unit instead, unless money stands before."""
        for reading in plain:
            for factor in sorted(numeral.factors):
                yield Reading(tuple(number * factor for number in reading.numbers), tuple(units))
        if numeral.plain_letter and not numeral.before.word:
            letter = self.text[numeral.end - 1 : numeral.end]
            yield from (Reading(reading.numbers, (letter,)) for reading in plain)


def _negated(values: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(-number for number in reading) for reading in values)
