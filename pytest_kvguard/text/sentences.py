"""The sentences of a text in any script."""

from __future__ import annotations

import regex

from pytest_kvguard.text.full_stops import ends_sentence, opens_sentence
from pytest_kvguard.text.lines import LINE_BREAKS
from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.text.scripts import UNSPACED_LETTER
from pytest_kvguard.text.web_addresses import address_spans

__all__ = ["CLOSERS", "sentence_spans", "sentences"]

CLOSERS = r"\"'”’»›)\]}*_`~」』）】〉》｣"
"""Signs that close a quotation, a bracket or an emphasis, to stand inside the brackets of a pattern."""

_EMOJI = r"\p{So}\p{Sk}\uFE0F\u200D"
# Unicode knows the signs that end sentences in every script. Greek asks with ";".
_MARKS = r"[\p{Sentence_Break=STerm}\p{Sentence_Break=ATerm}…❓❔❗❕]|(?<=\p{Greek});"
_END = Pattern(
    rf"(?P<marks>(?:{_MARKS})++\uFE0F?+)(?P<closers>(?:[{CLOSERS}]|[ ]?[{_EMOJI}])*+)(?P<gap>\s*+)"
    rf"|(?P<thai>(?:ครับ|ค่ะ|คะ))(?P<pause>[ \t]++)|[{LINE_BREAKS}]++"
)
_SPACED_MARKS = frozenset(".!?…․‼⁇⁈⁉‽")
"""These end a sentence before whitespace; those of other scripts, such as "。" and "؟", end it anywhere."""

# A line that is code as a whole may be a reply in code's clothes, so its sentences are looked for.
_CODE = Pattern(r"(?P<line>^[ \t]*`[^`\n]++`[ \t]*$)|`[^`\n]++`", regex.MULTILINE)
_WORD = Pattern(r"(?![0-9]\uFE0F?\u20E3)[\p{L}\p{N}]")
_QUOTE = Pattern(r"[\"'”’»›)」』）]")
_QUOTED_SPEECH_GOES_ON = Pattern(r"と|って|という|、|，|,")
_OPENING = frozenset("([{（\"“„«'‘`「『")
_PICTURE = Pattern(rf"[{_EMOJI}]")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of the sentences of a text, in order, without the whitespace around them.

    A sentence has a letter or digit. It ends at a line break, at a sign that Unicode lists as an end (".", "?", "!" and
    "…" before whitespace, "。" or "।" anywhere), or after a polite particle of Thai before a space. A full stop ends
    none after an abbreviation, an initial, the number of a list item or of a day ("am 3. Mai").
    """
    spans, start, has_capitals = [], 0, text != text.lower()
    wholes = iter((*_whole_spans(text), (len(text), len(text))))
    whole = next(wholes)
    for found in _END.finditer(text):
        while whole[1] <= found.start() and whole[0] < len(text):
            whole = next(wholes)
        if whole[0] <= found.start() < whole[1] or not _ends(text, start, found, has_capitals):
            continue
        spans.append((start, found.end()))
        start = found.end()
    spans.append((start, len(text)))
    return [_trimmed(text, first, last) for first, last in spans if _WORD.search(text, first, last)]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, in order."""
    return [text[start:end] for start, end in sentence_spans(text)]


def _whole_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans within which no sign ends a sentence: web addresses, and code in a line of text."""
    if "`" not in text:
        return address_spans(text)
    codes = [found.span() for found in _CODE.finditer(text) if found["line"] is None]
    return sorted(codes + address_spans(text))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    sentence = text[start:end]
    return start + len(sentence) - len(sentence.lstrip()), end - len(sentence) + len(sentence.rstrip())


def _ends(text: str, start: int, found: regex.Match[str], has_capitals: bool) -> bool:
    """Return whether a sentence that begins at ``start`` ends at these signs."""
    marks, closers, gap, end = found["marks"], found["closers"], found["gap"], found.end()
    if marks is None or end == len(text) or any(sign in LINE_BREAKS for sign in gap):
        return True
    before, after = text[found.start() - 1 : found.start()], text[end]
    if before in _OPENING and before and closers and before not in closers[1:]:
        # "(?)" and "[…]" are mentions of a sign.
        return False
    if not set(marks) <= _SPACED_MARKS | {"\ufe0f"}:
        return not (_QUOTE.match(closers) and _QUOTED_SPEECH_GOES_ON.match(text, end))
    if not gap:
        is_full_stop = marks == "." and not closers
        return (
            opens_sentence(text, end)
            if is_full_stop and after.isupper()
            else _ends_without_space(before, marks, closers, after)
        )
    if _QUOTE.search(closers) and after.islower() and (has_capitals or "." not in marks):
        # '"Why?" he asked.'
        return False
    if marks == ".":
        return ends_sentence(text, start, found.start(), end, has_capitals)
    return not (before.isspace() and marks in ("...", "…") and after.islower())


def _ends_without_space(before: str, marks: str, closers: str, after: str) -> bool:
    """Return whether a sentence ends where the next one follows at once: "Hello!How are you?", "你好!再见"."""
    if UNSPACED_LETTER.match(after):
        return "…" not in marks and ("." not in marks or bool(UNSPACED_LETTER.match(before)))
    if _PICTURE.search(closers):
        return True
    return "." not in marks and "…" not in marks and after.isupper()
