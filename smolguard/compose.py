"""Replies that obey: sentences of content in the form that the prompt's rules require."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from smolguard.formats import count_of
from smolguard.texts import load_texts
from smolguard.values import words_of

__all__ = ["compose_reply"]


def compose_reply(body: Sequence[str], formats: Mapping[str, Any], topic: str, rng: Random, whole: bool = False) -> str:
    """Return a reply that has this content and obeys these rules of format.

    Args:
        body: sentences, the most important first.
        formats: rule → value, as ``say_format`` returned them.
        topic: a few words for a title.
        rng: chooses fillers and phrasings.
        whole: keep the first sentence as it is; a highlight goes around all of it.
    """
    lines = _with_sentence_count(list(body), formats, rng)
    if "keyword" in formats:
        lines = _with_keyword(lines, formats, rng)
    if "highlight" in formats:
        lines = [f"*{lines[0]}*", *lines[1:]] if whole else _highlighted(lines)
    text = "\n".join(f"- {line}" for line in lines) if "bullets" in formats else " ".join(lines)
    text = _framed(text, formats, topic, rng)
    if "no_comma" in formats:
        text = text.replace(",", "")
    if "quote" in formats:
        text = '"' + text.replace('"', "") + '"'
    return text.lower() if "lower" in formats else text.upper() if "upper" in formats else text


def _with_sentence_count(lines: list[str], formats: Mapping[str, Any], rng: Random) -> list[str]:
    value = formats.get("bullets", formats.get("sentences"))
    if value is None:
        return lines
    count = count_of(value)
    fillers = [line for line in load_texts("replies")["filler"] if line not in lines]
    return (lines + rng.sample(fillers, count))[:count]


def _with_keyword(lines: list[str], formats: Mapping[str, Any], rng: Random) -> list[str]:
    """Add a sentence with the keywords at the end of the reply.

    The place is fixed, because greedy decoding would never reach one that is chosen at random. The words stand in
    quotes, as in the prompt, or in brackets where the whole reply is quoted: after a blank, their tokens would differ.
    """
    mark = "({})" if "quote" in formats else '"{}"'
    keywords = " and ".join(mark.format(word) for word in words_of(formats["keyword"]))
    sentence = rng.choice(load_texts("replies")["keyword"]).replace("{v}", keywords)
    sentence = sentence[0].upper() + sentence[1:]
    if "bullets" in formats:
        return [*lines[:-1], f"{lines[-1]} {sentence}"]
    return [*lines, sentence]


def _highlighted(lines: list[str]) -> list[str]:
    """Put asterisks around the first long word that does not begin a sentence.

    The place is fixed: if it were chosen at random, each one would be too improbable for greedy decoding.
    """
    plain_word = re.compile(r"(?<=\s)[a-z]{5,}(?=[\s,.!?])")
    places = [(i, match.span()) for i, line in enumerate(lines) for match in plain_word.finditer(line)]
    if not places:
        return [*lines[:-1], f"{lines[-1]} *Really.*"]
    number, (start, stop) = places[0]
    line = lines[number]
    marked = f"{line[:start]}*{line[start:stop]}*{line[stop:]}"
    return [*lines[:number], marked, *lines[number + 1 :]]


def _framed(text: str, formats: Mapping[str, Any], topic: str, rng: Random) -> str:
    gap = "\n" if "bullets" in formats else " "
    replies = load_texts("replies")
    if "start" in formats:
        text = f"{formats['start']}{gap}{text}"
    if "title" in formats:
        text = f"<<{topic[:1].upper()}{topic[1:]}>>\n{text}"
    if "end" in formats:
        text = f"{text}{gap}{formats['end']}"
    if "signature" in formats:
        text = f"{text}\n{formats['signature']}"
    if "postscript" in formats:
        text = f"{text}\n\nP.S. {rng.choice(replies['postscript'])}"
    if "question" in formats:
        text = f"{text}{gap}{rng.choice(replies['question'])}"
    return text
