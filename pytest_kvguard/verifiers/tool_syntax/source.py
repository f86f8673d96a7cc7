"""A reply from which calls are read: its text, the tools that the contract knows, and a budget for vain attempts."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from typing import Any

import regex

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.tool_syntax.call import Found
from pytest_kvguard.verifiers.tool_syntax.loose_values import MAX_LITERAL, literal, parse_expression

__all__ = ["Reader", "Source"]

BUDGET = 1_000_000
"""What may be spent on values that turn out to be none, so that a reply of nothing but brackets takes no minutes."""

COST_OF_ATTEMPT = 1000
COST_OF_DEPTH = 100_000
"""Of a value that is nested deeper than Python can read."""

COST_OF_SIGN = 5
"""Of each character in which a closing bracket is sought; JSON is read faster and costs 1."""

_DECODER = json.JSONDecoder(strict=False)
_BRACKETS = Pattern(r"'(?:\\.|[^'\\])*+'|\"(?:\\.|[^\"\\])*+\"|(?P<open>[\[{(])|(?P<close>[\]})])", regex.DOTALL)
_LIKE_PYTHON = Pattern(r"[\[{][\s\[{]*+[\"']")


class Source:
    """See the module.

    Args:
        text: the reply.
        tools: names of tools.
    """

    def __init__(self, text: str, tools: Collection[str] = ()) -> None:
        self.text = text
        self.tools = frozenset(tools)
        self._budget = BUDGET

    def value_at(self, start: int) -> tuple[Any, int] | None:
        """Return the JSON value or Python literal at a position and the position after it; None if there is none."""
        if self._budget <= 0:
            return None
        try:
            return _DECODER.raw_decode(self.text, start)
        except json.JSONDecodeError as error:
            self._budget -= COST_OF_ATTEMPT + max(0, error.pos - start)
        except (ValueError, RecursionError):
            self._budget -= COST_OF_DEPTH
            return None
        return self._literal_at(start) if _LIKE_PYTHON.match(self.text, start) else None

    def _literal_at(self, start: int) -> tuple[Any, int] | None:
        stop = self.closing_bracket(start)
        node = None if stop is None else parse_expression(self.text[start:stop])
        if node is None or stop is None:
            return None
        try:
            return literal(node), stop
        except (ValueError, RecursionError):
            return None

    def closing_bracket(self, start: int) -> int | None:
        """Return the position after the bracket that closes the one at a position; None if none does."""
        if self._budget <= 0:
            return None
        depth, stop = 0, min(start + MAX_LITERAL, len(self.text))
        for piece in _BRACKETS.finditer(self.text, start, stop):
            if piece["open"] or piece["close"]:
                depth += 1 if piece["open"] else -1
                if depth == 0:
                    self._budget -= COST_OF_ATTEMPT
                    return int(piece.end())
        self._budget -= COST_OF_ATTEMPT + COST_OF_SIGN * (stop - start)
        return None


Reader = Callable[[Source], Iterator[Found]]
"""A reply → the calls in one syntax."""
