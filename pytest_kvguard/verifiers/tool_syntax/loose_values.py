"""Values as models write them: JSON, Python literals, and the untyped texts of XML."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Mapping
from typing import Any

from pytest_kvguard.verifiers.tool_syntax.call import ToolCall

__all__ = ["call_of_texts", "literal", "parse_expression", "value_of_text"]

MAX_LITERAL = 20_000
"""Characters of a Python literal; longer ones are not read."""

_CONSTANTS: Mapping[str, Any] = {"true": True, "false": False, "null": None}


def parse_expression(text: str) -> ast.expr | None:
    """Return the one Python expression that a text consists of, or None."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def literal(node: ast.expr) -> Any:
    """Return the value of a literal; ``true``, ``false`` and ``null`` are read as in JSON.

    Raises:
        ValueError: it is none.
    """
    if isinstance(node, ast.Name) and node.id in _CONSTANTS:
        return _CONSTANTS[node.id]
    if isinstance(node, ast.List | ast.Tuple):
        return [literal(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        keys = [None if key is None else literal(key) for key in node.keys]
        if not all(isinstance(key, str) for key in keys):
            raise ValueError("a key that is no text")
        return dict(zip(keys, map(literal, node.values), strict=True))
    return ast.literal_eval(node)


_PYTHON_CONSTANTS: Mapping[str, Any] = {"True": True, "False": False, "None": None}


def value_of_text(text: str) -> Any:
    """Return the value that an untyped text stands for: JSON or a Python literal where it is one, else the text."""
    stripped = text.strip()
    if stripped in _PYTHON_CONSTANTS:
        return _PYTHON_CONSTANTS[stripped]
    try:
        return json.loads(stripped, strict=False)
    except (ValueError, RecursionError):
        pass
    node = parse_expression(stripped[:MAX_LITERAL]) if stripped[:1] in ("{", "[") else None
    try:
        return text if node is None else literal(node)
    except (ValueError, RecursionError):
        return text


def call_of_texts(name: str, texts: Mapping[str, str], typed: Mapping[str, bool] | None = None) -> ToolCall:
    """Return a call whose arguments are written as texts without types.

    Args:
        name: the tool.
        texts: the arguments as written.
        typed: which of them are texts for certain and are not read as anything else.
    """
    certain = typed or {}
    arguments = {key: text if certain.get(key) else value_of_text(text) for key, text in texts.items()}
    return ToolCall(name, arguments, {key: text for key, text in texts.items() if not certain.get(key)})
