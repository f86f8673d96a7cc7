"""A count a contract asks for: exact, or between two bounds."""

from __future__ import annotations

from typing import Any

__all__ = ["COUNT_SCHEMA", "count_problem", "describe_count", "in_range"]

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


def in_range(count: int, wanted: Any) -> bool:
    """True when the count is the wanted one or lies within ``{min, max}``."""
    if not isinstance(wanted, dict):
        return bool(count == wanted)
    return bool(wanted.get("min", count) <= count <= wanted.get("max", count))


def describe_count(wanted: Any) -> str:
    """Word a wanted count, e.g. ``exactly 3``, ``at least 2``, ``2 to 5``."""
    if not isinstance(wanted, dict):
        return f"exactly {wanted}"
    if len(wanted) == 2:
        return f"{wanted['min']} to {wanted['max']}"
    return f"at least {wanted['min']}" if "min" in wanted else f"at most {wanted['max']}"


def count_problem(wanted: Any) -> str | None:
    """Say why no count can satisfy ``{min, max}``, or None."""
    if isinstance(wanted, dict) and wanted.get("min", 0) > wanted.get("max", wanted.get("min", 0)):
        return f"min {wanted['min']} is above max {wanted['max']}. Swap them."
    return None
