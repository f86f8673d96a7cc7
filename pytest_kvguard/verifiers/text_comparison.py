"""How a check compares the texts of its value with a reply: as they look, in any case, or character by character."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pytest_kvguard.text.normalise import comparison_form

__all__ = ["TextComparison", "mapping_schema", "read_value"]


def mapping_schema(text_schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a value's long form, ``{text: …, ignore_case: true, exact: true}``."""
    choice = {"description": "true or false", "type": "boolean"}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["text"],
        "properties": {"text": text_schema, "ignore_case": choice, "exact": choice},
    }


class TextComparison(NamedTuple):
    """What a value says about comparing its texts.

    Attributes:
        ignore_case: whether case is ignored.
        exact: whether only the same characters are equal, and not those that look equal.
    """

    ignore_case: bool = False
    exact: bool = False

    @property
    def wording(self) -> str:
        """What a description adds if texts are not compared as usual."""
        return (" in any case" if self.ignore_case else "") + (", character by character" if self.exact else "")

    def form(self, expected: str) -> Callable[[str], str]:
        """Return the function that brings an expected text and a reply into the form in which they are compared."""
        return comparison_form(expected, self.exact, self.ignore_case)


def read_value(value: Any) -> tuple[list[str], TextComparison]:
    """Return the texts that a value names, and how they are compared."""
    given = value if isinstance(value, dict) else {"text": value}
    texts = [given["text"]] if isinstance(given["text"], str) else list(given["text"])
    return texts, TextComparison(given.get("ignore_case", False), given.get("exact", False))
