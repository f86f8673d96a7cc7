"""Numbers in the unit that a contract asks for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from pytest_kvguard.external.optional import load_optional
from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.stated_numbers.currencies import currencies_meant, currencies_of
from pytest_kvguard.verifiers.stated_numbers.languages import candidate_languages
from pytest_kvguard.verifiers.stated_numbers.vocabulary import units_of

__all__ = ["in_unit", "registry"]

_POWER = Pattern(r"\b(square|cubic)-(\w+)")
_CALLED_OTHERWISE = {"celsius": "degC", "fahrenheit": "degF", "ton": "short_ton", "generic": "degree"}


def in_unit(number: float, words: Sequence[str], unit: str, languages: tuple[str, ...]) -> float | None:
    """Return a number in the requested unit, or None if no word beside it is a unit of that kind.

    Args:
        number: the number as it is stated.
        words: the words beside it.
        unit: the unit that the contract asks for.
        languages: those of the reply, the likeliest first.
    """
    registry()  # a missing package must not depend on what has been converted before
    converted = (_converted(number, word, unit, languages) for word in words)
    return next((found for found in converted if found is not None), None)


@lru_cache(maxsize=4096)
def _converted(number: float, word: str, unit: str, languages: tuple[str, ...]) -> float | None:
    asked = tuple(dict.fromkeys((*languages, *candidate_languages(unit))))
    if word == unit or _is_same(word, languages, unit, asked):
        return number
    # A full stop after a unit ends its sentence or its abbreviation; not every Pint reads over it.
    for name in (word.rstrip("."), *_pint_names(word, languages)):
        for wanted in (unit, *_pint_names(unit, asked)):
            found = _by_pint(number, name, wanted)
            if found is not None:
                return found
    # Pint knows the units that differ in case alone, such as mW and MW, so here both are the same word.
    return number if word.casefold() == unit.casefold() and not (_is_pint(word) and _is_pint(unit)) else None


def _is_same(word: str, languages: tuple[str, ...], unit: str, asked: tuple[str, ...]) -> bool:
    return bool(
        currencies_of(word, languages) & currencies_meant(unit, asked)
        or units_of(word, languages) & units_of(unit, asked)
    )


@lru_cache(maxsize=1024)
def _pint_names(word: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """Return what Pint calls the units that a word of some language means: ``Kilometer`` is its ``kilometer``."""
    return tuple(_pint_name(name.split("-", 1)[1]) for name in sorted(units_of(word, languages)))


def _pint_name(name: str) -> str:
    parts = [_CALLED_OTHERWISE.get(part, part) for part in name.split("-per-")]
    powers = {"square": "2", "cubic": "3"}
    return "/".join(_POWER.sub(lambda match: f"{match[2]}**{powers[match[1]]}", part) for part in parts).replace(
        "-", "_"
    )


@cache
def registry() -> Any:
    """Return Pint's units.

    Raises:
        UsageError: Pint is not installed.
    """
    return load_optional("pint").UnitRegistry(cache_folder=None)


def _is_pint(word: str) -> bool:
    return _by_pint(1, word, word) is not None


@lru_cache(maxsize=4096)
def _by_pint(number: float, word: str, unit: str) -> float | None:
    try:
        return float(registry().Quantity(number, word).to(unit).magnitude)
    except Exception:  # noqa: BLE001 - any word of a reply is tried as a unit, and pint's parser may raise anything
        return None
