"""Texts of a contract that YAML would change without a word: each is a mistake with its remedy.

YAML drops what stands behind `` #``, joins lines, and reads escapes and numbers. Where a key holds text that the model
reads, or that replies are compared with, the file must say what is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_kvguard.contract.yaml_document import Document, KeyPath, Scalar, key_name
from pytest_kvguard.errors import ContractError

__all__ = ["holds_text", "lost_zeros", "swallowed_text"]

_FIX = "Put the text in quotes, or on lines of its own below '|'; a real comment belongs on a line of its own."
_SHOWN = 60

_COMMENT_BEHIND = re.compile(r"[ \t]*(?:,[ \t]*)?#")
_COMMENT_BELOW = re.compile(r"[ \t]*(?:\r?\n|\r)(?:[ \t]*(?:\r?\n|\r))*( *)#")
_COMMENT_UNDER_BLOCK = re.compile(r"(?:[ \t]*(?:\r?\n|\r))*( *)#")
_COMMENT_OF_DASH = re.compile(r"(?:^|\n)[ \t]*-[ \t]+#")
_GLUED_COMMENT = re.compile(r"(?:^|\s|,)#[^\s#]")
_MARKER = re.compile(r"(?:[-*+•‣▪●○·–]|\d{1,3}[.)])[ \t]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {
    "a": "a bell",
    "b": "a backspace",
    "e": "an escape character",
    "f": "a form feed",
    "v": "a vertical tab",
    "0": "a NUL",
    "N": "a next-line character",
    "L": "a line separator",
    "P": "a paragraph separator",
    "_": "a no-break space",
}
"""Escapes of double quotes that are seldom meant: in a pattern, ``\\b`` is the edge of a word."""

_KEYWORDS = ("type", "format")
"""Keys within the value of a check whose values are words of a JSON Schema, so no text is lost behind them."""

_ZEROS_LEAD = re.compile(r"[-+]?0\d")


def holds_text(key_path: KeyPath) -> bool:
    """Return whether a scalar is text that the model reads, or that replies are compared with."""
    kind, rest = key_path[:1], key_path[1:]
    if kind == ("probes",):
        return bool(rest)
    if kind == ("orderings",):
        return rest[:1] == ("distractors",) or rest == ("filler", "text")
    if kind != ("context",):
        return False
    return rest in (("preamble",), ("join",)) or (
        rest[:1] == ("instructions",)
        and len(rest) > 2
        and rest[2] in ("text", "paraphrases", "check", "checks", "no_leak")
    )


def swallowed_text(document: Document) -> Iterator[ContractError]:
    """Yield the places of a document where YAML drops or changes text, in no particular order."""
    for key_path, scalar in document.scalars.items():
        problem = _problem(document, key_path, scalar)
        if problem:
            yield document.error(f"{key_name(key_path)}: {problem}", key_path)
    for key_path, gaps in document.gaps.items():
        if holds_text(key_path) and _GLUED_COMMENT.search(gaps):
            problem = f"'#' begins a comment, so the item behind it is no part of the list. {_FIX}"
            yield document.error(f"{key_name(key_path)}: {problem}", key_path)


def lost_zeros(document: Document) -> Iterator[ContractError]:
    """Yield the numbers of a document that begin with zeros: YAML drops them, and a code has lost a part."""
    for key_path, source in document.sources.items():
        value = _value(document, key_path)
        if isinstance(value, int | float) and not isinstance(value, bool) and _ZEROS_LEAD.match(source):
            problem = f'found {source} (a number), of which YAML drops the leading zeros. Put it in quotes: "{source}".'
            yield document.error(f"{key_name(key_path)}: {problem}", key_path)


def _problem(document: Document, key_path: KeyPath, scalar: Scalar) -> str:
    """Return what YAML does to one scalar, with the remedy; empty if it does nothing."""
    value = _value(document, key_path)
    if not holds_text(key_path) or not (value is None or isinstance(value, str)):
        return ""
    source = document.text[scalar.start : scalar.stop]
    problems = (
        _comment(document, key_path, scalar, value),
        _escape(source, scalar, key_path),
        _joined(scalar, source),
        _ends_in_a_break(key_path, scalar, source, value),
    )
    return next((problem for problem in problems if problem), "")


def _value(document: Document, key_path: KeyPath) -> object:
    value = document.data
    for step in key_path:
        value = value[step]
    return value


def _comment(document: Document, key_path: KeyPath, scalar: Scalar, value: str | None) -> str:
    """Return the problem of a comment that cuts a text off, or stands in its place."""
    if key_path[-1] in _KEYWORDS and {"check", "checks"} & set(key_path[:-1]):
        return ""
    text, style = document.text, scalar.style
    before = text[scalar.gap : scalar.start]
    if style == "" and (_COMMENT_BEHIND.match(text, scalar.stop) or _is_below(text, scalar)):
        return f"'#' begins a comment, so YAML reads {_read(key_path, value)}. {_FIX}"
    first_line = before.partition("\n")[0]
    commented = _COMMENT_OF_DASH.search(before) if isinstance(key_path[-1], int) else "#" in first_line
    if commented and not scalar.in_flow and (style == "" or _GLUED_COMMENT.search(first_line)):
        return f"the text begins behind a comment, so YAML reads {_read(key_path, value)}. {_FIX}"
    if style in ("|", ">") and _is_below(text, scalar):
        return f"the line with '#' below the text is a comment, and no part of it. Indent it like the text. {_FIX}"
    if style in ("|", ">") and _GLUED_COMMENT.search(_rest_of_line(text, scalar.start)):
        return f"what stands behind '{style}' is a comment, and no part of the text. {_FIX}"
    if style in ("'", '"') and _has_open_quote(text, scalar):
        return f"a quote within the text ends it, and the rest is a comment. {_of_quotes(style)}"
    return ""


def _rest_of_line(text: str, start: int) -> str:
    end = text.find("\n", start)
    return text[start : end if end >= 0 else None]


def _is_below(text: str, scalar: Scalar) -> bool:
    """Return whether the next line that is not empty is a comment that is indented like a further line of the text."""
    pattern = _COMMENT_UNDER_BLOCK if scalar.style else _COMMENT_BELOW
    below = None if scalar.in_flow else pattern.match(text, scalar.stop)
    return below is not None and len(below[1]) > scalar.indent


def _has_open_quote(text: str, scalar: Scalar) -> bool:
    behind = _COMMENT_BEHIND.match(text, scalar.stop)
    return behind is not None and _rest_of_line(text, scalar.stop).count(scalar.style) % 2 == 1


def _read(key_path: KeyPath, value: str | None) -> str:
    if "no_leak" in key_path:  # the rest may be the secret
        return "only a part of it"
    short = value if value is None or len(value) <= _SHOWN else f"{value[:_SHOWN]} …"
    return "no text at all" if short is None else f"only {short!r}"


def _of_quotes(style: str) -> str:
    written = "twice" if style == "'" else 'as \\"'
    return f"Write a quote within {style}…{style} {written}."


def _escape(source: str, scalar: Scalar, key_path: KeyPath) -> str:
    if key_path == ("context", "join") and scalar.style in ("", "'") and "\\" in source:
        return 'outside of double quotes, \\n is a backslash and a letter. Put it in double quotes, e.g. "\\n\\n".'
    if scalar.style != '"':
        return ""
    found = next((letter for letter in _ESCAPE.findall(source) if letter in _ESCAPES), None)
    if found is None:
        return ""
    meant = f"\\{found} in double quotes is {_ESCAPES[found]}"
    return f"{meant}. Write \\\\{found} for a backslash and a letter, or use single quotes."


def _joined(scalar: Scalar, source: str) -> str:
    """Return the problem of a list within a text whose lines YAML joins into one."""
    if scalar.style == "|" or "\n" not in source:
        return ""
    lines = source.splitlines()[scalar.style == ">" :]
    depth = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
    for above, line in zip(lines, lines[1:], strict=False):
        deeper = scalar.style == ">" and any(each[depth : depth + 1] in (" ", "\t") for each in (above, line))
        if above.strip() and not deeper and _MARKER.match(line.strip()):
            return "YAML joins the lines of this text into one, and with them its list. Write '|' to keep the lines."
    return ""


def _ends_in_a_break(key_path: KeyPath, scalar: Scalar, source: str, value: str | None) -> str:
    """Return the problem of a block in the value of a check, whose last line break no reply may have."""
    is_value = {"check", "checks", "no_leak"} & set(key_path[2:])
    if not is_value or scalar.style not in ("|", ">") or not (value or "").endswith("\n"):
        return ""
    header = source.partition("\n")[0].strip()
    return f"a block of '{header}' ends in a line break, which the reply would need, too. Write '{scalar.style}-'."
