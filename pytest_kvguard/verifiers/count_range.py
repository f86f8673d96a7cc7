"""The count that a contract requires: exact, or between two bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_kvguard.verifiers.rule import Rule

__all__ = ["COUNT_SCHEMA", "count_problem", "count_rule", "describe_count", "in_range"]

_BOUND = {"description": "a whole number, 0 or more", "type": "integer", "minimum": 0}
COUNT_SCHEMA: dict[str, Any] = {
    "description": "a whole number, or {min: …, max: …}",
    "anyOf": [
        _BOUND,
        {
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "properties": {"min": _BOUND, "max": _BOUND},
        },
    ],
}


def in_range(count: int, required: Any) -> bool:
    """Return whether a count equals the required one or lies within ``{min, max}``."""
    if not isinstance(required, dict):
        return bool(count == required)
    return bool(required.get("min", count) <= count <= required.get("max", count))


def describe_count(required: Any) -> str:
    """Return a required count in words, e.g. ``exactly 3``, ``at least 2``, ``2 to 5``."""
    if not isinstance(required, dict):
        return f"exactly {required}"
    if len(required) == 2:
        return f"{required['min']} to {required['max']}"
    return f"at least {required['min']}" if "min" in required else f"at most {required['max']}"


def count_problem(required: Any) -> str | None:
    """Return why no count can satisfy ``{min, max}``, or None."""
    if isinstance(required, dict) and required.get("min", 0) > required.get("max", required.get("min", 0)):
        return f"min {required['min']} is above max {required['max']}. Swap them."
    return None


def count_rule(name: str, unit: str, count: Callable[[str], int], example: int) -> Rule:
    """Return a rule for the number of something in a reply; ``unit`` names it in the plural."""

    def inspect(text: str, value: Any) -> tuple[bool, str]:
        counted = count(text)
        return in_range(counted, value), f"{counted} {unit}"

    return Rule(
        name,
        COUNT_SCHEMA,
        lambda value: f"{describe_count(value)} {unit}",
        inspect,
        problem=count_problem,
        example=example,
    )
