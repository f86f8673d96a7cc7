"""json: checks that the reply is a JSON object or array, or satisfies a JSON Schema; a Markdown fence is allowed."""

from __future__ import annotations

from typing import Any

from pytest_kvguard.external.json_text import read_strict_json
from pytest_kvguard.text.fences import Fence, fences
from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.json_schema import schema_complaint, schema_problem
from pytest_kvguard.verifiers.rule import Rule

__all__ = ["RULES"]

VALUE_SCHEMA: dict[str, Any] = {
    "description": "true, or a JSON Schema the reply must satisfy",
    "anyOf": [{"const": True}, {"type": "object", "minProperties": 1}],
}
_OBJECT_OR_ARRAY = {"type": ["object", "array"]}
_BYTE_ORDER_MARK = "\ufeff"
_BEGINS_AS_JSON = Pattern(r"\{|\[\s*+[\]\[{\"\d-]")
"""Such a reply is read as a whole: fences in it stand within its texts."""

_TAGS = ("", "application/json", "geojson", "json", "json5", "jsonc", "jsonld", "plain", "plaintext", "text", "txt")
"""Languages that a fence around JSON may name."""


def _read(text: str) -> Any:
    """Return the JSON of a reply: the reply as a whole, or the one fenced block in it.

    Raises:
        ValueError: there is none, or more than one block that could be it.
    """
    body = text.strip().removeprefix(_BYTE_ORDER_MARK).strip()
    blocks = [] if _BEGINS_AS_JSON.match(body) else fences(body)
    return read_strict_json(_only(blocks).body.strip().removeprefix(_BYTE_ORDER_MARK) if blocks else body)


def _only(blocks: list[Fence]) -> Fence:
    """Return the block that holds the JSON: the only one, or the only one that is marked as JSON.

    Raises:
        ValueError: several could be it, or the only one is in another language.
    """
    marked = [block for block in blocks if block.tag.startswith("json")]
    if len(marked) != 1 and len(blocks) > 1:
        raise ValueError(f"there are {len(blocks)} fenced blocks, and it is not clear which one is meant")
    block = (marked or blocks)[0]
    if block.tag not in _TAGS:
        raise ValueError(f"the fenced block is marked as {block.tag[:30]!r}")
    return block


def _inspect(text: str, value: Any) -> tuple[bool, str]:
    try:
        parsed = _read(text)
    except ValueError as error:
        return False, f"not JSON: {error}"
    complaint = schema_complaint(_OBJECT_OR_ARRAY if value is True else value, parsed)
    return complaint is None, complaint or "such JSON"


def _problem(value: Any) -> str | None:
    return None if value is True else schema_problem(value)


RULES = (
    Rule(
        "json",
        VALUE_SCHEMA,
        lambda value: "a JSON object or array" if value is True else "JSON that satisfies its schema",
        _inspect,
        problem=_problem,
        example=True,
    ),
)
