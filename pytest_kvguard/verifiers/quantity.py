"""number: checks that the reply states a number, with or without a unit; 250 g and 0.25 kg are the same."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import regex

from pytest_kvguard.external.optional import load_optional, missing_package
from pytest_kvguard.verifiers.rule import Rule, quote

__all__ = ["RULES", "Quantity", "quantities"]

_NUMBER = {"description": "a number", "type": "number"}
_UNIT = {"description": 'a unit or currency in quotes, e.g. "km/h"', "type": "string", "pattern": "^\\S{1,20}$"}
VALUE_SCHEMA: dict[str, Any] = {
    "description": "a number, {value: …, unit: …, tolerance: …} or {min: …, max: …, unit: …}",
    "anyOf": [
        _NUMBER,
        {
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "properties": {
                "value": _NUMBER,
                "tolerance": {"description": "a number, 0 or more", "type": "number", "minimum": 0},
                "min": _NUMBER,
                "max": _NUMBER,
                "unit": _UNIT,
            },
        },
    ],
}

# "1,250" is one number; a hyphen is a minus sign only where it does not join two words.
_QUANTITY = regex.compile(
    r"(?P<before>[$€£¥])?(?<![\w.])(?P<number>(?<!\w)[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+\b)?)"
    r"(?: ?(?P<after>[$€£¥%]|[°µμ]?[^\W\d_]+[²³]?(?:/[^\W\d_]+[²³]?)*))?"
)


class Quantity(NamedTuple):
    """A number in a reply, and the sign or word beside it that may be its unit; empty if there is none."""

    number: float
    unit: str


def quantities(text: str) -> Iterator[Quantity]:
    """Yield the numbers of a text, read as in English: ``1,250.5``."""
    for match in _QUANTITY.finditer(text):
        number = float(match["number"].replace(",", "").replace("−", "-"))
        yield Quantity(number, match["before"] or match["after"] or "")


@cache
def _registry() -> Any:
    return load_optional("pint").UnitRegistry(cache_folder=None)


def _in_unit(quantity: Quantity, unit: str | None) -> float | None:
    """Return the quantity's number in the requested unit, or None if its unit is of another kind."""
    if unit is None or quantity.unit.casefold() == unit.casefold():
        return quantity.number
    if not quantity.unit:
        return None
    registry = _registry()
    try:
        return float(registry.Quantity(quantity.number, quantity.unit).to(unit).magnitude)
    except Exception:  # noqa: BLE001 - any word of a reply is tried as a unit, and pint's parser may raise anything
        return None


def _bounds(value: Any) -> tuple[float, float, str | None]:
    given = value if isinstance(value, dict) else {"value": value}
    if "value" in given:
        spread = given.get("tolerance", 0) + 1e-9 * abs(given["value"])
        return given["value"] - spread, given["value"] + spread, given.get("unit")
    return given.get("min", -math.inf), given.get("max", math.inf), given.get("unit")


def _describe(value: Any) -> str:
    given = value if isinstance(value, dict) else {"value": value}
    unit = f" {given['unit']}" if "unit" in given else ""
    if "value" in given:
        spread = f" ± {given['tolerance']}" if given.get("tolerance") else ""
        return f"states {given['value']}{spread}{unit}"
    bounds = [f"{word} {given[key]}" for key, word in (("min", "at least"), ("max", "at most")) if key in given]
    return f"states a number of {' and '.join(bounds)}{unit}"


def _inspect(text: str, value: Any) -> tuple[bool, str]:
    low, high, unit = _bounds(value)
    stated = list(quantities(text))
    numbers = [(quantity, _in_unit(quantity, unit)) for quantity in stated]
    # A number such as 1e999 is beyond all floats; it is within no bounds.
    inside = [q for q, number in numbers if number is not None and math.isfinite(number) and low <= number <= high]
    # Any word may follow a number, so it is shown only if the contract names a unit.
    shown = [f"{q.number:g} {q.unit if unit else ''}".strip() for q in inside or stated]
    return bool(inside), f"numbers in the reply: {quote(', '.join(shown))}" if shown else "no number in the reply"


def _problem(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    if ("value" in value) == bool({"min", "max"} & set(value)):
        return "give either value, or min and max. Remove one, or add the other."
    if "tolerance" in value and "value" not in value:
        return "tolerance belongs to value. Widen min and max instead."
    if value.get("min", 0) > value.get("max", value.get("min", 0)):
        return f"min {value['min']} is above max {value['max']}. Swap them."
    return missing_package("pint") if "unit" in value else None


RULES = (Rule("number", VALUE_SCHEMA, _describe, _inspect, problem=_problem, example={"value": 250, "unit": "g"}),)
