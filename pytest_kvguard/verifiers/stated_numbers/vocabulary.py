"""Words beside numbers, by language: units, magnitudes such as "million", and months."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

from babel import Locale, localedata

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.stated_numbers.notation import SPACE, find_locale, fold_separators

__all__ = ["Vocabulary", "magnitudes_of", "months_of", "units_of", "vocabulary"]

_PLACE = Pattern(r"\{0\}")
_NUMERAL_OF_PATTERN = Pattern(r"0+")
_PERCENT = "concentr-percent"

# What CLDR leaves out, because nobody abbreviates so in a table.
_MORE_MAGNITUDES: dict[str, dict[str, float]] = {
    "en": {"hundred": 100, "dozen": 12, "thousands": 1e3, "millions": 1e6, "billions": 1e9, "k": 1e3, "bn": 1e9}
    | {"mn": 1e6, "mio": 1e6, "lakh": 1e5, "lakhs": 1e5, "crore": 1e7, "crores": 1e7},
    "de": {"hundert": 100, "Dutzend": 12, "tausend": 1e3, "Mio": 1e6, "Mrd": 1e9, "Tsd.": 1e3, "Tsd": 1e3},
    "fr": {"cents": 100, "k": 1e3, "Md": 1e9},
    "es": {"millones": 1e6, "docenas": 12},
    "zh": {"百": 1e2, "千": 1e3, "百万": 1e6, "千万": 1e7},
    "ja": {"百": 1e2, "千": 1e3, "百万": 1e6, "千万": 1e7},
    "ko": {"백": 1e2, "백만": 1e6, "천만": 1e7},
    "ru": {"тысяч": 1e3, "тысячи": 1e3, "миллионов": 1e6},
}

_MORE_UNITS: dict[str, dict[str, str]] = {
    "en": {"%": _PERCENT, "per cent": _PERCENT, "pct": _PERCENT, "‰": "concentr-permille", "metre": "length-meter"}
    | {"metres": "length-meter", "kilometre": "length-kilometer", "kilometres": "length-kilometer"}
    | {"centimetre": "length-centimeter", "centimetres": "length-centimeter", "millimetres": "length-millimeter"}
    | {"litre": "volume-liter", "litres": "volume-liter", "millilitres": "volume-milliliter"}
    | {"l": "volume-liter", "ml": "volume-milliliter", "kmh": "speed-kilometer-per-hour", "mph": "speed-mile-per-hour"}
    | {"h": "duration-hour", "hrs": "duration-hour", "mins": "duration-minute", "s": "duration-second"}
    | {"kph": "speed-kilometer-per-hour", "degrees": "temperature-generic", "°": "temperature-generic"},
    "de": {"v. H.": _PERCENT, "Std.": "duration-hour", "Grad": "temperature-generic"},
    "es": {"por cien": _PERCENT},
    "it": {"per cento": _PERCENT},
    "zh": {"百分之": _PERCENT, "小时": "duration-hour", "千克": "mass-kilogram", "公斤": "mass-kilogram"}
    | {"公里": "length-kilometer", "千米": "length-kilometer"},
    "tr": {"yüzde": _PERCENT},
}


class Vocabulary(NamedTuple):
    """The words of one language.

    Attributes:
        units: spelled unit → names of units in CLDR, e.g. ``kilometres`` → ``length-kilometer``.
        magnitudes: word → factors, e.g. ``Mio.`` → 1000000.
        months: names of months.
        short_months: their abbreviations, many of which are other words in other languages.
    """

    units: dict[str, frozenset[str]]
    magnitudes: dict[str, frozenset[float]]
    months: frozenset[str]
    short_months: frozenset[str]


@lru_cache(maxsize=64)
def vocabulary(language: str) -> Vocabulary:
    """Return the words of one language."""
    locale = find_locale(language) or Locale("en")
    more = _MORE_UNITS.get(locale.language, {})
    return Vocabulary(
        _gathered([*_units(locale), *more.items()]),
        _gathered([*_magnitudes(locale), *_MORE_MAGNITUDES.get(locale.language, {}).items()]),
        frozenset(_months(locale, "wide")),
        frozenset(_months(locale, "abbreviated")),
    )


def _gathered(pairs: Iterable[tuple[str, Any]]) -> dict[str, frozenset[Any]]:
    gathered: dict[str, frozenset[Any]] = {}
    for word, meaning in pairs:
        gathered[word] = gathered.get(word, frozenset()) | {meaning}
    return gathered


def _units(locale: Locale) -> Iterator[tuple[str, str]]:
    data: Any = localedata.LocaleDataDict(cast(Any, localedata.load(str(locale))))
    for name, by_length in data["unit_patterns"].items():
        for length in ("long", "short"):
            for key, pattern in dict(by_length.get(length, {})).items():
                word = _PLACE.sub("", fold_separators(pattern)).strip().strip(SPACE)
                if key != "per" and word and isinstance(pattern, str):
                    yield word, name


def _magnitudes(locale: Locale) -> Iterator[tuple[str, float]]:
    for length in ("long", "short"):
        for by_size in dict(locale.compact_decimal_formats.get(length, {})).values():
            for size, pattern in dict(by_size).items():
                yield from _magnitude(fold_separators(pattern.pattern).replace("'", ""), int(size))


def _magnitude(pattern: str, size: int) -> Iterator[tuple[str, float]]:
    """Yield the word of a compact pattern with its factor: ``00 Mio.`` for 10000000 is a word for a million."""
    digits = _NUMERAL_OF_PATTERN.search(pattern)
    word = _NUMERAL_OF_PATTERN.sub("", pattern).strip().strip(SPACE).replace(SPACE, " ")
    if digits and word:
        yield word, size / 10 ** (len(digits[0]) - 1)


def _months(locale: Locale, width: str) -> Iterator[str]:
    for context in ("format", "stand-alone"):
        for name in dict(locale.months.get(context, {}).get(width, {})).values():
            if not name[0].isdigit():
                yield from (name, name[0].upper() + name[1:])


def units_of(word: str, languages: Sequence[str]) -> frozenset[str]:
    """Return the units that a word means in the first of these languages that has it."""
    american = word.replace("metre", "meter").replace("litre", "liter")
    return _first("units", word, languages) or (
        _first("units", american, languages) if american != word else frozenset()
    )


def magnitudes_of(word: str, languages: Sequence[str]) -> frozenset[float]:
    """Return the factors that a word means in the first of these languages that has it."""
    return _first("magnitudes", word, languages)


def _first(kind: str, word: str, languages: Sequence[str]) -> frozenset[Any]:
    for language in languages:
        known: dict[str, frozenset[Any]] = getattr(vocabulary(language), kind)
        if found := known.get(word) or known.get(word.lower()) or known.get(word.capitalize()):
            return found
    return frozenset()


@lru_cache(maxsize=64)
def months_of(languages: tuple[str, ...]) -> frozenset[str]:
    """Return the names of months in several languages, and the abbreviations of the first of them and of English."""
    full = [vocabulary(language).months for language in languages]
    return frozenset().union(*full, *(vocabulary(language).short_months for language in (languages[0], "en")))
