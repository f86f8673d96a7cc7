"""Chat templates whose single steps would take for ever, found in their source before they are compiled.

A time limit ends a template between two steps of Python. It cannot end one step of C, such as a power of large numbers,
and the compiler of jinja2 takes that step itself where all numbers are written out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from math import prod
from typing import Any

from pytest_kvguard.errors import PromptError

__all__ = ["require_bounded"]

LARGEST = 1_000_000
"""The largest number that a template may write; those of models write a handful, all below a thousand."""

_NUMBERS, _TIMES, _POWER = ("integer", "float"), "mul", "pow"
_FACTORS = (*_NUMBERS, "string")
_WIDTH = re.compile(r"%[-+ #0]*\.?\d{7,}|[:.<>^=,]0?\d{7,}|%[-+ #0]*\*|%\([^)]*\)[-+ #0]*\.?\d{7,}")
"""A field of a format string that is wider than anyone reads, or whose width is a value."""

_DOUBLED = re.compile(r"(?<![\w.])([^\W\d][\w.]*)[~+]\1(?![\w.(])")
"""A value beside itself, which takes all memory after forty turns of a loop."""

Token = tuple[str, Any]


def require_bounded(template: object) -> None:
    """Raise ``PromptError`` for a template with a step whose length nothing limits.

    Args:
        template: the source, or a dictionary of several named ones.
    """
    for source in template.values() if isinstance(template, dict) else (template,):
        problem = _problem(source) if isinstance(source, str) else None
        if problem:
            raise PromptError(
                f"the chat template {problem}, which may take for ever, so it is not run. Use the template of another "
                "model, or take that out of it."
            )


@lru_cache(maxsize=64)
def _problem(source: str) -> str | None:
    # Imported here, because only a tokenizer with a template needs jinja2, which transformers installs.
    from jinja2 import Environment, TemplateSyntaxError

    lexer = Environment(autoescape=True).lexer  # text is not run, so nothing depends on escaping
    try:
        tokens = [(token.type, token.value) for token in lexer.tokenize(source)]
    except TemplateSyntaxError:
        return None  # rendering words it
    except ValueError:  # more digits than Python reads
        return "writes a number of thousands of digits"
    return next((problem for block in _blocks(tokens) if (problem := _problem_of(block))), None)


def _blocks(tokens: list[Token]) -> Iterator[list[Token]]:
    """Yield the tokens of each expression or statement."""
    block: list[Token] = []
    for token in tokens:
        if token[0] in ("variable_end", "block_end"):
            yield block
            block = []
        elif token[0] not in ("variable_begin", "block_begin", "data"):
            block.append(token)


def _problem_of(block: list[Token]) -> str | None:
    kinds = [kind for kind, _ in block]
    numbers = [abs(value) for kind, value in block if kind in _NUMBERS]
    if _POWER in kinds:
        return "raises a number to a power"
    if any(not number <= LARGEST for number in numbers):
        return f"writes a number above {LARGEST:,}"
    if any(kind == "string" and _WIDTH.search(value) for kind, value in block):
        return "formats a field of a huge width"
    if kinds[:1] == ["name"] and block[0][1] == "set" and _DOUBLED.search("".join(str(value) for _, value in block)):
        return "doubles a value"
    if _TIMES not in kinds:
        return None
    if prod(max(number, 1) for number in numbers) > LARGEST:
        return f"multiplies up to more than {LARGEST:,}"
    places = [place for place, kind in enumerate(kinds) if kind == _TIMES]
    if any(not {*kinds[max(0, place - 1) : place], *kinds[place + 1 : place + 2]} & {*_FACTORS} for place in places):
        return "multiplies two values that are not written out"
    return None
