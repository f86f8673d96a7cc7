"""Rules of format: their phrasings, the checks that verify them, and which of them one prompt can hold together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from smolguard.texts import Split, load_texts, pick_list
from smolguard.values import draw_value, words_of

__all__ = ["FORMATS", "count_of", "draw_family_value", "draw_formats", "format_checks", "say_format"]

RANDOM_VALUES = 0.85
"""Share of training values that are random, so that the model copies quoted text instead of knowing it by heart."""
COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4}

_PLACES = {
    "start": {"head"},
    "title": {"head"},
    "end": {"foot"},
    "signature": {"foot"},
    "postscript": {"foot"},
    "question": {"foot"},
    "lower": {"case"},
    "upper": {"case"},
    "bullets": {"body"},
    "sentences": {"body", "head", "foot", "word"},
    "quote": {"body", "head", "foot"},
    "keyword": {"word"},
    "no_comma": {"comma"},
    "highlight": {"mark"},
}
"""The places of a reply that a rule occupies; of two rules with a common place, one could not be obeyed or checked."""

FORMATS = tuple(_PLACES)
HARD = {"start": 5, "upper": 4, "keyword": 3, "signature": 3, "end": 1.5}
"""Weights of rules that training draws more often: quoted words in capitals are the hardest to copy."""


def draw_formats(count: int, split: Split, rng: Random) -> list[str]:
    """Return up to ``count`` rules that one reply can obey together; training draws hard rules more often."""
    chosen: list[str] = []
    taken: set[str] = set()
    weights = HARD if split is Split.TRAINING else {}
    for family in sorted(FORMATS, key=lambda name: -(rng.random() ** (1 / weights.get(name, 1)))):
        if len(chosen) < count and not taken & _PLACES[family]:
            chosen.append(family)
            taken |= _PLACES[family]
    return chosen


def count_of(value: Any) -> int:
    """Return the number that a value such as ``two sentences`` or ``3`` names."""
    word = str(value).split()[0]
    return COUNTS.get(word) or int(word)


def format_checks(family: str, value: Any) -> tuple[tuple[str, Any], ...]:
    """Return the checks, as (rule, value) pairs, that a reply must pass under a rule of format."""
    plain = {"text": str(value), "ignore_case": True}
    checks: dict[str, tuple[tuple[str, Any], ...]] = {
        "start": (("starts_with", plain),),
        "end": (("ends_with", plain),),
        "signature": (("ends_with", plain),),
        "keyword": (("keyword_counts", {word: {"min": 1} for word in words_of(str(value))}),),
        "lower": (("lowercase", True),),
        "upper": (("uppercase", True),),
        "no_comma": (("no_comma", True),),
        "quote": (("regex", r'(?s)\A\s*"[^"]+"\s*\Z'),),
        "title": (("regex", r"<<[^<>\n]+>>"),),
        "postscript": (("regex", {"pattern": r"(?m)^p\. ?s\.", "ignore_case": True}),),
        "question": (("ends_with", "?"),),
        "highlight": (("regex", r"\*\w[^*\n]*\*"),),
    }
    if family == "bullets":
        return (("bullets", count_of(value)),)
    if family == "sentences":
        return (("min_sentences", count_of(value)), ("max_sentences", count_of(value)))
    return checks[family]


def say_format(family: str, split: Split, rng: Random) -> tuple[str, Any]:
    """Return an instruction's text and the value in it, or None for a rule without a value."""
    texts: dict[str, Any] = load_texts("families")[family]
    value = draw_family_value(texts, split, rng)
    phrasings: Sequence[str] = pick_list(texts, "say", split)
    return rng.choice(phrasings).replace("{v}", str(value)), value


def draw_family_value(texts: Mapping[str, Any], split: Split, rng: Random) -> Any:
    """Return a value for a rule, from its list or, in training, mostly random; None for a rule without values."""
    if "values" not in texts:
        return None
    if split is Split.TRAINING and "random" in texts and rng.random() < RANDOM_VALUES:
        value = draw_value(texts["random"], rng)
        if not set(words_of(value)) & set(texts.get("held_out_values", ())):
            return value
    return rng.choice(pick_list(texts, "values", split))
