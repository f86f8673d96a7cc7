"""Sentences and words as IFEval counts them: NLTK's Punkt model of English and its word tokenizer."""

from __future__ import annotations

import regex

from pytest_kvguard.external.optional import load_optional

__all__ = ["capital_words", "count_sentences", "count_words"]


def count_sentences(text: str) -> int:
    """Count sentences by the Punkt model; it knows the usual English abbreviations."""
    return len(load_optional("punkt").sent_tokenize(text))


def count_words(text: str) -> int:
    """Count runs of letters, digits and underscores; "don't" is two.

    The vowel signs of Indic scripts belong to their words, as in NLTK from 3.10 on; ``re`` would split at them.
    """
    return len(regex.findall(r"\w+", text))


def capital_words(text: str) -> list[str]:
    """Return the words in capital letters; a hyphenated word counts as one, a contraction as two."""
    tokenizer, punkt = load_optional("nltk.tokenize.destructive").NLTKWordTokenizer(), load_optional("punkt")
    words = (word for sentence in punkt.sent_tokenize(text) for word in tokenizer.tokenize(sentence))
    return [word for word in words if word.isupper()]
