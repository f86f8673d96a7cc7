"""What stands beside a number: its unit or currency, and a magnitude such as "million"."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import regex

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.stated_numbers.currencies import currencies_of, signs_before
from pytest_kvguard.verifiers.stated_numbers.notation import SPACE
from pytest_kvguard.verifiers.stated_numbers.vocabulary import magnitudes_of, units_of

__all__ = ["Beside", "magnitude_after", "unit_after", "unit_before"]

_WINDOW = 60
_MOST_WORDS = 4

# A word of letters, a sign, or both, as in "km/h", "US$", "m²" and "fl.oz."; a full stop may end a sentence.
_WORD = r"(?:[\p{L}\p{Sc}°%‰‱µμ′″Ω][\p{L}\p{M}\p{Sc}°%µμΩ²³⋅·./^'-]*)"
_AFTER = Pattern(rf"[ {SPACE}-]?({_WORD}(?:[ {SPACE}]{_WORD}){{0,{_MOST_WORDS - 1}}})")
_BEFORE = Pattern(
    rf"((?<![\p{{L}}\p{{Sc}}])[A-Za-z]{{1,3}}\p{{Sc}}|\p{{Sc}}[A-Z]{{2}}|\p{{Sc}}"
    rf"|(?<![\p{{L}}\d.])[\p{{L}}\p{{M}}.]{{1,12}}|(?<!\d)%|百分之)[ {SPACE}]?\Z"
)
_END_OF_WORD = Pattern(rf"[ {SPACE}]|\Z")
_LETTERS_OR_SIGN = Pattern(r"\p{L}+|[^\p{L}]")
_UNSPACED = Pattern(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー]+")
_LONGEST_UNSPACED = 8
_CONNECTOR = Pattern(rf"[ {SPACE}](?:of|de|di|von|d')(?=[ {SPACE}\p{{L}}])")
_PER_TIME = Pattern(
    r"(?:per|pro|par|por|an|a|al)? ?(?:/ ?)?(?:h|hr|hour|second|sec|s|minute|min|Stunde|heure|hora|ora)\b"
)
# Short words that are far more often words than the units that they also are.
_PLAIN_WORDS = frozenset(
    ("in", "a", "at", "as", "are", "an", "us", "am", "per", "min", "to", "d", "e", "h", "y", "o", "u")
)
_A_WORD_FOLLOWS = Pattern(r"[ \u00a0]\p{L}{2}")


# A letter that is a magnitude and no unit; of a script without spaces, a letter is a word.
_CERTAIN_LETTER = "k"


class Beside(NamedTuple):
    """A word beside a number.

    Attributes:
        word: the word; empty if there is none.
        end: where it ends, counted from the place that was searched; for a word before the number, where it begins.
        is_known: whether it is a unit or a currency.
    """

    word: str = ""
    end: int = 0
    is_known: bool = False


NOTHING = Beside()


@lru_cache(maxsize=8192)
def _is_known(word: str, languages: tuple[str, ...]) -> bool:
    return bool(units_of(word, languages) or currencies_of(word, languages))


@lru_cache(maxsize=4096)
def unit_after(text: str, languages: tuple[str, ...], asked: str = "") -> Beside:
    """Return the unit at the beginning of a text: the longest known one, else the first word.

    Args:
        text: what follows a number.
        languages: those whose units may stand there.
        asked: the unit of the contract, which is known whatever it is.
    """
    match = _AFTER.match(text[:_WINDOW])
    if match is None:
        return NOTHING
    candidates = list(_prefixes(match[1]))
    for candidate in candidates:
        if candidate.casefold() == asked.casefold() or _is_known(candidate, languages):
            known = Beside(candidate, match.start(1) + len(candidate), True)
            if not _is_plausible(known, text):
                return NOTHING
            # A speed is no length, but 20 € per hour are 20 €, as they are in "€20 per hour" and "20 € per night".
            return known if currencies_of(candidate, languages) else _with_time(known, text)
    return Beside(candidates[-1], match.start(1) + len(candidates[-1]), False)


def _prefixes(words: str) -> Iterator[str]:
    """Yield the first words of a text, the most first; of scripts without spaces, the first characters."""
    unspaced = _UNSPACED.match(words)
    if unspaced:
        yield from (unspaced[0][:length] for length in range(min(len(unspaced[0]), _LONGEST_UNSPACED), 0, -1))
        return
    ends = [match.start() for match in _END_OF_WORD.finditer(words)]
    for end in reversed(ends):
        yield words[:end].replace(SPACE, " ")
        bare = words[:end].rstrip(".'/-")
        if bare and bare != words[:end]:
            yield bare.replace(SPACE, " ")
    first = _LETTERS_OR_SIGN.match(words)
    if first:
        yield first[0]


def _is_plausible(unit: Beside, text: str) -> bool:
    spaced = text[:1] in (" ", SPACE)
    return not (spaced and unit.word.casefold() in _PLAIN_WORDS and _A_WORD_FOLLOWS.match(text, unit.end))


def _with_time(unit: Beside, text: str) -> Beside:
    """Return "km per hour" for the unit in it; a speed is no length."""
    rest = text[unit.end :]
    match = _PER_TIME.match(rest.lstrip(" " + SPACE))
    if "/" in unit.word or match is None or not regex.match(r" ?(?:per|pro|par|por|an|a|al|/) ?", match[0]):
        return unit
    return Beside(f"{unit.word}/{regex.sub(r'^(?:per|pro|par|por|an|a|al)? ?/? ?', '', match[0])}", unit.end, True)


@lru_cache(maxsize=4096)
def unit_before(text: str, languages: tuple[str, ...]) -> Beside:
    """Return the sign or code of a currency, or the sign of a percentage, at the end of a text."""
    match = _BEFORE.search(text)
    if match is None:
        return NOTHING
    word = match[1]
    percentage = word in ("%", "百分之") or word.casefold() == "yüzde"
    if not (percentage or signs_before(word) or currencies_of(word, languages)):
        return NOTHING
    return Beside(word, match.start(), True)


@lru_cache(maxsize=4096)
def magnitude_after(text: str, languages: tuple[str, ...]) -> tuple[frozenset[float], int, bool]:
    """Return the factors of a magnitude at the beginning of a text, where it ends, and whether it is a plain letter."""
    match = _AFTER.match(text[:_WINDOW])
    for candidate in _prefixes(match[1]) if match else ():
        factors = magnitudes_of(candidate, languages)
        letter = len(candidate) == 1 and candidate.isascii() and candidate != _CERTAIN_LETTER
        is_length = letter and candidate.islower() and text[:1] in (" ", SPACE)  # as in "20,000 m"
        if factors and match is not None and not is_length:
            end = match.start(1) + len(candidate)
            connector = _CONNECTOR.match(text, end)
            return factors, connector.end() if connector else end, letter
    return frozenset(), 0, False
