"""Which language a reply is in, or that it is too short to tell: by its script, else by lingua's models of letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import regex

from pytest_kvguard.external.optional import load_optional
from pytest_kvguard.text.normalise import normalise
from pytest_kvguard.text.pattern import Pattern

__all__ = ["SCRIPT_LANGUAGES", "Identified", "codes", "identify"]

COMMON = frozenset({
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fr",
    "he", "hi", "hr", "hu", "id", "it", "ja", "ko", "mr", "nb", "nl", "pl", "pt",
    "ro", "ru", "sk", "sr", "sv", "th", "tr", "uk", "ur", "vi", "zh",
})  # fmt: skip
"""Languages that a reply is compared with, besides the one it should be in. More would make short replies unsure."""

SURE = 0.95
"""The confidence at which the small models decide alone."""

LEAST_CONFIDENCE = 0.4
LEAST_CONFIDENCE_OF_A_WORD = 0.75
LEAST_LEAD = 2.0
"""The large models decide if the first language has this confidence, and this many times that of the second.

A single word, such as "pizza", may be at home in many languages, so it needs more.
"""

CANDIDATES = 8
"""The large models of so many languages are loaded, those that the small ones find likeliest: each takes time."""

MAX_CHARACTERS = 10_000
"""So much of a text is enough to tell its language."""

MIN_CHINESE_CHARACTERS = 12
"""A shorter text without kana may still be Japanese."""

MIN_PIECE_LETTERS = 20
"""A shorter sentence is not looked at alone."""

SCRIPT_LANGUAGES: Mapping[str, str] = {
    "Hangul": "ko", "Thai": "th", "Greek": "el", "Hebrew": "he", "Georgian": "ka", "Armenian": "hy", "Tamil": "ta",
    "Telugu": "te", "Gujarati": "gu", "Gurmukhi": "pa", "Bengali": "bn", "Kannada": "kn", "Malayalam": "ml",
    "Khmer": "km", "Lao": "lo", "Myanmar": "my", "Sinhala": "si",
}  # fmt: skip
"""Scripts in which nearly all text is in one language."""

_OTHER_SCRIPTS = {"Cyrillic": "be bg kk mk mn ru sr uk", "Arabic": "ar fa ur", "Devanagari": "hi mr"}
_SCRIPTS = ("Han", "Kana", *SCRIPT_LANGUAGES, *_OTHER_SCRIPTS, "Latin")
_LETTERS = {
    script: Pattern(r"[\p{Hiragana}\p{Katakana}]" if script == "Kana" else rf"[\p{{{script}}}--\P{{L}}]", regex.V1)
    for script in _SCRIPTS
}
_EAST_ASIAN = {"Han", "Kana", "Hangul"}
_EAST_ASIAN_WEIGHT = 3
"""A character of these scripts says as much as so many letters."""

_NOT_PROSE = Pattern(
    r"(?s:```.{0,20000}?```|~~~.{0,20000}?~~~)|`[^`\n]{1,2000}`|(?:https?://|www\.)\S{1,2000}|[\w.+-]{1,64}@[\w.-]{1,255}"
    r"|</?\w{1,20}[^<>\n]{0,200}>"
)
_QUOTED_WORDS = Pattern(r'"[^"\n]{1,60}"|«[^«»\n]{1,60}»|「[^「」\n]{1,60}」|『[^『』\n]{1,60}』')
_SENTENCE_END = Pattern(r"(?<=[.!?。！？؟।])\s+|(?<=[。！？])|\n+")


@dataclass(frozen=True)
class Identified:
    """What is known about the language of a reply.

    Attributes:
        shares: the language's code → its share of the letters whose language could be told, largest first; empty if
            no language is sure.
        letters: the number of letters.
        scripts: the scripts of the letters.
    """

    shares: Mapping[str, float] = field(default_factory=dict)
    letters: int = 0
    scripts: frozenset[str] = frozenset()

    def excludes(self, code: str) -> bool:
        """Return whether no letter is of a script in which this language is written."""
        return not self.scripts & _scripts_of(code)


def codes() -> dict[str, tuple[str, str]]:
    """Return the codes of all languages that can be told: code → (ISO 639-3 code, English name).

    Raises:
        UsageError: lingua is not installed.
    """
    languages = load_optional("lingua").Language.all()
    known = {
        str(language.iso_code_639_1.name).lower(): (
            str(language.iso_code_639_3.name).lower(),
            str(language.name).title(),
        )
        for language in languages
    }
    return known | {"no": ("nor", "Norwegian")}


@lru_cache(maxsize=4096)
def identify(text: str, expected: str) -> Identified:
    """Return the languages of a text.

    Args:
        text: the reply.
        expected: the code of the language it should be in, which is always compared with the others.

    Raises:
        UsageError: lingua is not installed.
    """
    prose = _own_words(_NOT_PROSE.sub(" ", normalise(text)))
    counts = Counter({script: len(letters.findall(prose)) for script, letters in _LETTERS.items()})
    scripts = frozenset(script for script, count in counts.items() if count)
    shares = _shares(prose, counts, expected) if scripts else {}
    return Identified(shares, sum(map(str.isalpha, prose)), scripts)


def _own_words(prose: str) -> str:
    """Return a text without the words that it quotes, which may be of another language, unless they are most of it."""
    own = _QUOTED_WORDS.sub(" ", prose)
    return own if 2 * _size(own) > _size(prose) else prose


def _shares(prose: str, counts: Counter[str], expected: str) -> Mapping[str, float]:
    whole = _by_script(counts, expected)
    if whole is None:
        pieces = [piece for piece in _SENTENCE_END.split(prose) if _size(piece) >= MIN_PIECE_LETTERS]
        told = _tell_pieces(pieces, expected) if len(pieces) > 1 else {}
        if len(told) > 1:
            return told
        whole = _by_models(prose, expected)
    return {whole: 1.0} if whole else {}


def _by_script(counts: Counter[str], expected: str) -> str | None:
    """Return the language that the scripts decide: "" if it may be one of two, None if they decide nothing."""
    weights = {script: count * (_EAST_ASIAN_WEIGHT if script in _EAST_ASIAN else 1) for script, count in counts.items()}
    half = sum(weights.values()) / 2
    if weights["Kana"] + weights["Han"] >= half and weights["Kana"]:
        return "ja"
    if weights["Han"] >= half:
        return "" if expected == "ja" and counts["Han"] < MIN_CHINESE_CHARACTERS else "zh"
    return next((code for script, code in SCRIPT_LANGUAGES.items() if weights[script] >= half), None)


def _tell_pieces(pieces: Iterable[str], expected: str) -> dict[str, float]:
    """Return language → share of the letters, over the sentences whose language is sure."""
    sizes: Counter[str] = Counter()
    for piece in pieces:
        counts = Counter({script: len(letters.findall(piece)) for script, letters in _LETTERS.items()})
        told = _by_script(counts, expected)
        if told is None:
            ranking = _ranking(_small_models(expected), piece)
            told = ranking[0][0] if ranking and ranking[0][1] >= SURE else ""
        sizes[told] += sum(counts.values())
    del sizes[""]
    total = sum(sizes.values())
    return {code: size / total for code, size in sizes.most_common()}


def _by_models(prose: str, expected: str) -> str:
    """Return the language of a text by its letters, or "" if that is not sure."""
    ranking = _ranking(_small_models(expected), prose)
    if not ranking or ranking[0][1] >= SURE:
        return ranking[0][0] if ranking else ""
    likely = {code for code, confidence in ranking[:CANDIDATES] if confidence > 0.001}
    first, *others = _ranking(_models(frozenset({*likely, "en", expected}), small=False), prose) or [("", 0.0)]
    least = LEAST_CONFIDENCE if len(prose.split()) > 1 else LEAST_CONFIDENCE_OF_A_WORD
    if first[1] < least or (others and first[1] < LEAST_LEAD * others[0][1]):
        return ""
    return first[0]


def _ranking(models: Any, text: str) -> list[tuple[str, float]]:
    """Return (code, confidence) of the languages, the likeliest first; empty if nothing speaks for any."""
    values = models.compute_language_confidence_values(text[:MAX_CHARACTERS])
    ranking = [(str(value.language.iso_code_639_1.name).lower(), float(value.value)) for value in values]
    return ranking if ranking and ranking[0][1] > 0 else []


def _small_models(expected: str) -> Any:
    return _models(frozenset({*COMMON, expected}), small=True)


@cache
def _models(languages: frozenset[str], small: bool) -> Any:
    """Return lingua's models of some languages; they load when a text needs them, and only once."""
    lingua = load_optional("lingua")
    known = {str(language.iso_code_639_1.name).lower(): language for language in lingua.Language.all()}
    chosen = [known[code] for code in sorted(languages) if code in known]
    builder = lingua.LanguageDetectorBuilder.from_languages(*chosen)
    return (builder.with_low_accuracy_mode() if small else builder).build()


def _size(piece: str) -> int:
    weight = _EAST_ASIAN_WEIGHT - 1
    return sum(map(str.isalpha, piece)) + weight * sum(len(_LETTERS[script].findall(piece)) for script in _EAST_ASIAN)


def _scripts_of(code: str) -> frozenset[str]:
    if code in ("zh", "ja"):
        return frozenset({"Han", "Kana"}) if code == "ja" else frozenset({"Han"})
    scripts = {script for script, language in SCRIPT_LANGUAGES.items() if language == code}
    scripts |= {script for script, languages in _OTHER_SCRIPTS.items() if code in languages.split()}
    return frozenset(scripts | ({"Latin"} if not scripts or code == "sr" else set()))
