"""Notations of numbers: which signs separate decimals and groups, in one locale or in any."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from babel import Locale, localedata
from babel.core import UnknownLocaleError

from pytest_kvguard.errors import suggest

__all__ = [
    "EVERY_NOTATION",
    "SPACE",
    "Notation",
    "are_spaced_groups",
    "ends_in_minus",
    "find_locale",
    "fold_separators",
    "groups_by_spaces",
    "locale_problem",
    "notations_of",
    "read_in",
    "read_numeral",
]

SPACE = "\u00a0"
"""Any space that does not break a line; all of them are written as this one."""

_FOLDED = str.maketrans(
    {
        "\u2007": SPACE,
        "\u2008": SPACE,
        "\u2009": SPACE,
        "\u202f": SPACE,
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "＇": "'",
        "，": ",",
        "．": ".",
        "⹁": "،",
    }
)

_FRACTION = re.compile(r"\d+\Z")
# Some locales, such as that of the Anii language, put a space after every second digit.
_PAIRED = re.compile(rf"[1-9]\d?(?:{SPACE}\d\d)+\Z")
_SPACED_GROUPS = re.compile(r"(?P<first>[1-9]\d{0,2})(?P<groups>(?: \d{3})+)(?P<decimals>,\d+)?\Z")
_GROUP, _ONE_GROUP = len("000"), len(" 000")
# Groups of three, or, as in India, groups of two before a last one of three. No group begins a number with a zero.
_GROUPED = r"[1-9]\d{{0,2}}(?:{0}\d{{3}})+\Z|[1-9]\d?(?:{0}\d\d)+{0}\d{{3}}\Z"


class Notation(NamedTuple):
    """The signs that separate the decimals and the groups of digits; an empty one separates nothing."""

    decimal: str
    group: str


EVERY_NOTATION = frozenset(
    Notation(decimal, group)
    for decimal, groups in {
        ".": (",", "'", SPACE, "،", "٬"),
        ",": (".", "'", SPACE, "٬"),
        "٫": ("٬", "،", ",", ""),
        "،": (",",),
    }.items()
    for group in groups
)
"""The notations of all locales; a test compares them with Babel's."""


def fold_separators(text: str) -> str:
    """Return a text with one sign for every kind of space, apostrophe, full stop and comma of a numeral."""
    return text.translate(_FOLDED)


@lru_cache(maxsize=64)
def find_locale(name: str) -> Locale | None:
    """Return a locale by its name, e.g. ``de``, ``de-CH`` or ``pt_BR``; None if Babel does not know it."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return None


def locale_problem(name: str) -> str | None:
    """Return why a name is not that of a locale, or None."""
    if find_locale(name) is not None:
        return None
    near = suggest(name, [known.replace("_", "-") for known in localedata.locale_identifiers()])
    return f"locale {name!r} is not known. Allowed: a language, or one of a region, e.g. de, de-CH or en-IN.{near}"


@lru_cache(maxsize=128)
def notations_of(name: str, native_digits: bool = False) -> frozenset[Notation]:
    """Return the notations of a locale.

    Args:
        name: the locale.
        native_digits: for numbers in the digits of its own script; otherwise for those in 0 to 9.
    """
    locale = find_locale(name)
    systems = dict(locale.number_symbols) if locale else {}
    kept = {key: symbols for key, symbols in systems.items() if (key == "latn") != native_digits} or systems
    found = (
        Notation(*(fold_separators(symbols.get(key) or "") for key in ("decimal", group)))
        for symbols in kept.values()
        for group in ("group", "currencyGroup")
    )
    known = frozenset(notation for notation in found if notation.decimal)
    return known or frozenset({Notation(".", ",")})


def groups_by_spaces(name: str) -> bool:
    """Return whether a locale may separate groups of digits by spaces."""
    return any(notation.group == SPACE for notation in notations_of(name))


@lru_cache(maxsize=64)
def ends_in_minus(name: str) -> bool:
    """Return whether a locale writes the minus sign of an amount of money behind it."""
    locale = find_locale(name)
    pattern = locale.currency_formats["standard"] if locale else None
    return pattern is not None and pattern.suffix[1].endswith("-")


@lru_cache(maxsize=4096)
def read_numeral(body: str, notation: Notation) -> float | None:
    """Return the number that digits and separators mean in a notation; None if they are no numeral in it.

    Args:
        body: ASCII digits and folded separators, e.g. ``1.250,50``.
        notation: the notation to read it in.
    """
    whole, separator, fraction = body.partition(notation.decimal)
    if separator and not _FRACTION.match(fraction):
        return None
    if not (whole.isdecimal() or (separator and not whole) or _is_grouped(whole, notation.group)):
        return None
    digits = whole.replace(notation.group, "") if notation.group else whole
    number = float(f"{digits or 0}.{fraction or 0}")
    return number if math.isfinite(number) else math.inf


def _is_grouped(whole: str, group: str) -> bool:
    if group == SPACE and _PAIRED.match(whole):
        return True
    return bool(group) and re.match(_GROUPED.format(re.escape(group)), whole) is not None


def read_in(body: str, notations: Iterable[Notation]) -> frozenset[float]:
    """Return the numbers that digits and separators mean in any of several notations."""
    read = (read_numeral(body, notation) for notation in notations)
    return frozenset(number for number in read if number is not None)


def are_spaced_groups(body: str, certain: bool) -> bool:
    """Return whether plain spaces in a numeral group its digits, and do not stand between several numbers.

    Args:
        body: digits with plain spaces, e.g. ``1 250 000``.
        certain: whether groups are known to be written so here, and need not show by their form: by a decimal comma or
            a second group. Three numbers of three digits each are as often a list.
    """
    shape = _SPACED_GROUPS.match(body)
    if shape is None:
        return False
    is_list = len(shape["first"]) == _GROUP and not body.endswith(" 000")
    return bool(shape["decimals"]) or (not is_list and (certain or len(shape["groups"]) > _ONE_GROUP))
