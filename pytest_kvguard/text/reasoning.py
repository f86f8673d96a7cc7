"""The thinking that a reasoning model writes before and between its answer, told apart from the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from pytest_kvguard.text.fences import fences
from pytest_kvguard.text.harmony import is_harmony, split_channels
from pytest_kvguard.text.pattern import Pattern

__all__ = ["Spoken", "split_reasoning"]

_TAGS = "antthinking|antml:thinking|mm:think|reasoning|seed:think|think|thinking|thought"
_PAIRS = (
    (rf"<({_TAGS})(?:\s[^<>\n]{{0,80}})?>", rf"</({_TAGS})\s*>"),
    (r"\[(THINK)\]", r"\[/(THINK)\]"),
    (r"◁(think)▷", r"◁/(think)▷"),
    (r"<\|START_(THINKING)\|>", r"<\|END_(THINKING)\|>"),
    (r"<\|begin_of_(thought)\|>", r"<\|end_of_(thought)\|>"),
    (r"<\|(think)_start\|>", r"<\|(think)_end\|>"),
    (r"<\|channel>(thought)\b", r"<(channel)\|>"),
)
"""(opening, closing) of each way to mark thinking."""

_MARKS = Pattern(
    "(?i)(?P<opening>"
    + "|".join(opening for opening, _ in _PAIRS)
    + ")|(?P<closing>"
    + "|".join(closing for _, closing in _PAIRS)
    + ")"
)
_CODE = Pattern(r"(?<!`)(`{1,2})(?!`)[^`\n]*+\1(?!`)")
_QUOTED = Pattern(r"[\"'“”‘’„«»「」『』]\Z")
_BETWEEN_NAMES = Pattern(r"\s*+(?:[,/&+…]|\.\.\.|and|or|und|oder|et|ou|y|o|e)\s*+")
"""What stands between two tags in a sentence about them: "<think> and </think>"."""

_BYTE_ORDER_MARK = "\ufeff"

MAX_LINE = 500
"""How far a line is read around a tag."""

MAX_MARKS = 1000
"""Further tags are words, so that a reply of nothing but tags does not take forever."""

MIN_WORDS_IN_A_LINE = 3
"""Between a pair of tags in the middle of a line; fewer words are a sentence about the tags."""


@dataclass(frozen=True)
class Spoken:
    """A reply in two parts.

    Attributes:
        thinking: what the model wrote for itself; empty for most replies.
        answer: what it wrote for its user; without thinking, the reply unchanged.
    """

    thinking: str
    answer: str

    @property
    def is_unanswered(self) -> bool:
        """Whether there is thinking and no answer, as at the length cap."""
        return bool(self.thinking.strip()) and not self.answer.strip()


def split_reasoning(text: str) -> Spoken:
    """Return the thinking and the answer of a reply.

    Thinking stands between tags such as ``<think>`` and ``</think>`` at the beginning of the reply or of a line. Where
    the opening tag is in the prompt, as some chat templates have it, all before the closing tag is thinking; where the
    closing tag is missing, all after the opening one is. Tags in code, or in a sentence about them, are words.
    """
    if is_harmony(text):
        return Spoken(*split_channels(text))
    if _MARKS.search(text) is None:
        return Spoken("", text)
    thinking: list[str] = []
    answer: list[str] = []
    for piece, is_thinking in _pieces(text):
        (thinking if is_thinking else answer).append(piece)
    if not thinking:
        return Spoken("", text)
    spoken = "".join(answer).strip()
    return Spoken("\n".join(map(str.strip, thinking)), spoken.removeprefix(_BYTE_ORDER_MARK).strip())


@dataclass(frozen=True)
class _Tag:
    """One tag in a text; an opening and a closing one of the same pair have the same ``kind``."""

    start: int
    stop: int
    kind: tuple[int, str]
    opens: bool


def _tags(text: str) -> Iterator[_Tag]:
    for mark in islice(_MARKS.finditer(text), MAX_MARKS):
        opens, groups = mark["opening"] is not None, mark.groups()
        names = groups[1 : len(_PAIRS) + 1] if opens else groups[len(_PAIRS) + 2 :]
        pair = next(number for number, name in enumerate(names) if name is not None)
        yield _Tag(mark.start(), mark.end(), (pair, "" if pair else names[0].lower()), opens)


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of a text in order, without the tags, and whether each is thinking."""
    code = _code_in(text)
    every_tag = list(_tags(text))
    tags = [tag for tag in every_tag if not _is_quoted(text, tag) and not any(a <= tag.start < b for a, b in code)]
    position = 0
    for number, tag in enumerate(tags):
        if tag.start < position:
            continue
        if not tag.opens:
            # Only the first tag can lack its opening one: that stands in the prompt, at the head of the reply.
            if position == 0 and _is_no_word(text, tag):
                yield text[: tag.start], True
                position = tag.stop
            continue
        closing = _closing_of(tag, tags[number + 1 :]) or _hidden_closing(tag, every_tag, text)
        if _opens(text, tag, closing, position):
            yield text[position : tag.start], False
            yield text[tag.stop : closing.start if closing else len(text)], True
            position = closing.stop if closing else len(text)
    yield text[position:], False


def _code_in(text: str) -> list[tuple[int, int]]:
    """Return the intervals of a text that are code: closed fences and spans between backticks."""
    blocks = [(fence.start, fence.stop) for fence in fences(text) if fence.is_closed]
    return blocks + [span.span() for span in _CODE.finditer(text)]


def _is_quoted(text: str, tag: _Tag) -> bool:
    """Return whether quotation marks enclose a tag alone."""
    return bool(
        _QUOTED.search(text[max(0, tag.start - 1) : tag.start]) and _QUOTED.match(text[tag.stop : tag.stop + 1])
    )


def _closing_of(opening: _Tag, tags: Sequence[_Tag]) -> _Tag | None:
    """Return the closing tag of an opening one among the tags behind it: its own, else the last."""
    depth, last = 1, None
    for tag in tags:
        if tag.kind == opening.kind:
            depth += 1 if tag.opens else -1
            last = last if tag.opens else tag
            if depth == 0:
                break
    return last


def _hidden_closing(opening: _Tag, tags: Sequence[_Tag], text: str) -> _Tag | None:
    """Return a closing tag on a line of its own that only looks like code: thinking may leave a fence open."""
    own = (tag for tag in tags if not tag.opens and tag.start >= opening.stop and tag.kind == opening.kind)
    return next((tag for tag in own if not (_before(text, tag) + _after(text, tag)).strip()), None)


def _opens(text: str, tag: _Tag, closing: _Tag | None, position: int) -> bool:
    """Return whether an opening tag begins thinking, and is not a word of the answer."""
    before = text[max(position, tag.start - MAX_LINE) : tag.start].removeprefix(_BYTE_ORDER_MARK)
    begins_reply, begins_line = position == 0 and not before.strip(), not before.rpartition("\n")[2].strip()
    if closing is None:
        return begins_reply or (begins_line and not _after(text, tag).strip())
    inside = text[tag.stop : closing.start]
    if begins_line:
        return _BETWEEN_NAMES.fullmatch(inside) is None
    return len(inside[:MAX_LINE].split()) >= MIN_WORDS_IN_A_LINE and _QUOTED.search(before) is None


def _is_no_word(text: str, closing: _Tag) -> bool:
    """Return whether a closing tag without an opening one ends thinking, and is not a word of the answer."""
    before, after = _before(text, closing), _after(text, closing)
    if not before.strip() or not after.strip():
        return True
    return not before[-1:].isspace() and not after[:1].isspace() and _QUOTED.search(before) is None


def _before(text: str, tag: _Tag) -> str:
    return text[max(0, tag.start - MAX_LINE) : tag.start].rpartition("\n")[2]


def _after(text: str, tag: _Tag) -> str:
    return text[tag.stop : tag.stop + MAX_LINE].partition("\n")[0]
