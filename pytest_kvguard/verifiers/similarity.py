"""same_as_uncompressed: measures how much of the uncompressed reply's wording the reply keeps."""

from __future__ import annotations

from typing import Any

from rapidfuzz.distance import Indel

from pytest_kvguard.text.normalise import normalise
from pytest_kvguard.text.words import words
from pytest_kvguard.verifiers.rule import Rule

__all__ = ["RULES", "similarity"]

VALUE_SCHEMA: dict[str, Any] = {
    "description": "a share, above 0 and at most 1, e.g. 0.8",
    "type": "number",
    "exclusiveMinimum": 0,
    "maximum": 1,
}


def similarity(text: str, other: str) -> float:
    """Return the share of words that two texts have in common, in order, 0..1; case and punctuation are ignored.

    The share is twice the longest common subsequence of words over all words: the F-measure of ROUGE-L.
    """
    sides = [normalise(side).casefold() for side in (text, other)]
    own_words, other_words = map(words, sides)
    if not own_words and not other_words:
        return float(sides[0].strip() == sides[1].strip())
    return float(Indel.normalized_similarity(own_words, other_words))


def _compare(text: str, uncompressed: str, value: Any) -> tuple[bool, str]:
    share = similarity(text, uncompressed)
    return share >= value, f"{share:.2f} of its words"


def _inspect(text: str, value: Any) -> tuple[bool, str]:
    return _compare(text, text, value)


RULES = (
    Rule(
        "same_as_uncompressed",
        VALUE_SCHEMA,
        lambda value: f"at least {value} of the uncompressed reply's words, in order",
        _inspect,
        compare=_compare,
        example=0.8,
    ),
)
