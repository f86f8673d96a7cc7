"""Where a value stands alone in a text, and is not a part of a longer word, number or emoji."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.text.scripts import KATAKANA, is_of_spaced_word, is_of_word
from pytest_kvguard.text.segments import word_segments

__all__ = ["occurrences", "stands_alone"]

# Marks on a letter, skin tones, flags' tags and the frame of a keycap belong to what stands before them.
_EXTENDS = Pattern(r"[\p{M}\u200C\u200D\U0001F3FB-\U0001F3FF\U000E0020-\U000E007F]")
_JOINER = "\u200d"
_KEYCAP_FRAME = "\u20e3"
_PRESENTATION = Pattern(r"[\uFE0E\uFE0F]*+")
_FLAG_LETTER = Pattern(r"[\U0001F1E6-\U0001F1FF]")
_LONGEST_RUN = 64
"""How far a run of one kind is followed to the left, so that no text takes the square of its length."""

_IN_NUMBER = frozenset(".,:'’/٫٬")
_HANGUL = Pattern(r"\p{Hangul}")
_KATAKANA = Pattern(rf"[{KATAKANA}]")
_KATAKANA_RUN = Pattern(rf"[{KATAKANA}]++")
_NEGATION = Pattern(r"['’]t(?!\w)", regex.IGNORECASE)
_LETTER_NAME = Pattern(r"(?:\+{1,2}|#)(?!\w)")
_WHITESPACE = Pattern(r"\s+")
_MARK = Pattern(r"\p{M}")
_KEYCAP = Pattern(r"[0-9#*]\uFE0F?\u20E3")
_UNDERSCORES = Pattern(r"_++")

# Korean writes spaces, but hangs particles, the copula, and the verbs "do" and "become" onto a noun.
_KOREAN_PARTICLES = (
    "은|는|이|가|을|를|의|에|에서|에게|에게서|께|께서|한테|한테서|로|으로|로서|으로서|로써|으로써|와|과|랑|이랑|하고|도|만|까지|부터|"
    "처럼|같이|보다|마다|이나|나|이라도|라도|조차|마저|밖에|뿐|든지|이든지|들|님|씨|아|야|여|이여|요|라고|이라고|라는|이라는|라면|이라면"
)
_KOREAN_ENDING = Pattern(rf"(?:{_KOREAN_PARTICLES}){{1,4}}(?!\p{{Hangul}})|입니|이[다에었며고지]|예요|였")
_KOREAN_VERB = Pattern(r"인|일|하|한|할|함|해|했|합|되|된|될|됨|돼|됐|됩|시키|시킨|시켜")


def stands_alone(text: str, start: int, end: int) -> bool:
    """Return whether the value at a span of a text is whole: no part of a longer word, number or emoji.

    An edge is asked for only where the value begins or ends with a letter or digit and the neighbour is one, too, of a
    script that separates words: "AI" is whole in "我是AI助手", "gate" is not in "navigate", and "!" is in "Hello!".
    """
    return _begins(text, start) and _ends(text, start, end)


def occurrences(text: str, value: str) -> list[tuple[int, int]]:
    """Return the spans at which a value stands alone in a text, in any case; whitespace in it matches any whitespace.

    Composed and decomposed letters differ here; normalise both first.
    """
    pieces = [piece for piece in _WHITESPACE.split(value) if piece]
    return list(_occurrences(text, pieces)) if pieces else []


def _occurrences(text: str, pieces: list[str]) -> Iterator[tuple[int, int]]:
    pattern = regex.compile(r"\s+".join(map(regex.escape, pieces)), regex.IGNORECASE | regex.FULLCASE)
    position = 0
    while found := pattern.search(text, position):
        start, end = found.span()
        alone = stands_alone(text, start, end)
        if alone:
            yield start, end
        position = end if alone else start + 1


def _begins(text: str, start: int) -> bool:
    """Return whether nothing before a value belongs to it."""
    if start == 0:
        return True
    before, first = text[start - 1], text[start]
    if before == _JOINER or _splits_flag(text, start):
        return False
    if not is_of_word(first) or _KEYCAP.match(text, start):
        return True
    if before in _IN_NUMBER and first.isdigit() and text[start - 2 : start - 1].isdigit():
        return False
    if before == "_":
        before = _beyond_underscores(text, start)
    return not _are_one_word(before, first) and not _splits_katakana(text, start)


def _ends(text: str, start: int, end: int) -> bool:
    """Return whether nothing after a value belongs to it."""
    last = _base_of_last(text, start, end)
    end = _PRESENTATION.match(text, end).end()
    if end == len(text):
        return True
    after = text[end]
    if _EXTENDS.match(after) or _splits_flag(text, end):
        return False
    if not is_of_word(last) or last == _KEYCAP_FRAME:
        return True
    if after in _IN_NUMBER and last.isdigit() and text[end + 1 : end + 2].isdigit():
        return False
    if _HANGUL.match(after) and _HANGUL.match(last):
        return _is_korean_ending(text, end, is_syllable=end - start == 1)
    if _NEGATION.match(text, end) or (end - start == 1 and _LETTER_NAME.match(text, end)):
        # "can" is not in "can't", and "C" is not in "C++".
        return False
    if after == "_":
        beyond = _UNDERSCORES.match(text, end).end()
        after = text[beyond : beyond + 1]
    return not _are_one_word(last, after) and not _splits_katakana(text, end)


def _is_korean_ending(text: str, end: int, is_syllable: bool) -> bool:
    """Return whether what follows a Korean noun hangs on it; a verb on one syllable is mostly another word."""
    return bool(_KOREAN_ENDING.match(text, end) or (not is_syllable and _KOREAN_VERB.match(text, end)))


def _base_of_last(text: str, start: int, end: int) -> str:
    """Return the last character of a value without the marks on it, or its frame if it is a keycap."""
    if text[end - 1] == _KEYCAP_FRAME:
        return _KEYCAP_FRAME
    while end - 1 > start and _MARK.match(text[end - 1]):
        end -= 1
    return text[end - 1]


def _are_one_word(before: str, after: str) -> bool:
    if not before or not after or not is_of_spaced_word(before) or not is_of_spaced_word(after):
        return False
    # Korean joins foreign words and numbers to its own: "AI기술" has both words whole.
    return bool(_HANGUL.match(before)) is bool(_HANGUL.match(after))


def _beyond_underscores(text: str, start: int) -> str:
    """Return the character before a row of underscores: "_word_" is emphasis, "a_word" is one name."""
    return text[max(0, start - _LONGEST_RUN) : start].rstrip("_")[-1:]


def _splits_flag(text: str, position: int) -> bool:
    """Return whether a position is between the two letters of one flag."""
    if not _FLAG_LETTER.match(text, position):
        return False
    first = position
    while first > max(0, position - _LONGEST_RUN) and _FLAG_LETTER.match(text, first - 1):
        first -= 1
    return (position - first) % 2 == 1


def _splits_katakana(text: str, position: int) -> bool:
    """Return whether a position is within one borrowed word of Japanese: "パン" is not in "パンダ"."""
    first = position
    while first > max(0, position - _LONGEST_RUN) and _KATAKANA.match(text, first - 1):
        first -= 1
    if first == position or not _KATAKANA.match(text, position):
        return False
    run = _KATAKANA_RUN.match(text, first, position + _LONGEST_RUN).group()
    return position - first not in {start for start, _ in word_segments(run)}
