"""number: checks that the reply states a number, with or without a unit; 250 g and 0.25 kg are the same."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_kvguard.external.optional import missing_package
from pytest_kvguard.verifiers.rule import Rule, quote

if TYPE_CHECKING:
    from pytest_kvguard.verifiers.stated_numbers.statements import Reading, Statement

__all__ = ["RULES"]

_NUMBER = {"description": "a number", "type": "number"}
VALUE_SCHEMA: dict[str, Any] = {
    "description": "a number, or {value: …, tolerance: …} or {min: …, max: …} with unit: …, locale: …, every: true",
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
                "unit": {
                    "description": 'a unit or currency in quotes, e.g. "km/h"',
                    "type": "string",
                    "pattern": "^\\S{1,20}$",
                },
                "locale": {
                    "description": "the locale in which the reply writes numbers, e.g. de or en-IN",
                    "type": "string",
                    "pattern": "^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$",
                },
                "every": {
                    "description": "true: no other number in that unit may be stated",
                    "type": "boolean",
                    "default": False,
                },
            },
        },
    ],
}


class _Judgement(NamedTuple):
    """What one statement says about the bounds, over all its readings.

    Attributes:
        surely_inside: every reading states a number within the bounds.
        maybe_inside: some reading does.
        surely_outside: every reading states a number in that unit outside the bounds.
        maybe_outside: some reading does.
    """

    surely_inside: bool
    maybe_inside: bool
    surely_outside: bool
    maybe_outside: bool

    @property
    def is_open(self) -> bool:
        """Whether the verdict depends on the reading."""
        return self.maybe_inside != self.surely_inside or self.maybe_outside != self.surely_outside


def _given(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {"value": value}


def _bounds(given: dict[str, Any]) -> tuple[float, float]:
    if "value" in given:
        spread = given.get("tolerance", 0) + 1e-9 * abs(given["value"])
        return given["value"] - spread, given["value"] + spread
    return given.get("min", -math.inf), given.get("max", math.inf)


def _describe(value: Any) -> str:
    given = _given(value)
    unit = f" {given['unit']}" if "unit" in given else ""
    if "value" in given:
        spread = f" ± {given['tolerance']}" if given.get("tolerance") else ""
        wanted = f"{given['value']}{spread}{unit}"
    else:
        bounds = [f"{word} {given[key]}" for key, word in (("min", "at least"), ("max", "at most")) if key in given]
        wanted = f"a number of {' and '.join(bounds)}{unit}"
    return f"states {wanted}" + (f", and no other number{' in' + unit if unit else ''}" if given.get("every") else "")


def _inspect(text: str, value: Any) -> tuple[bool | None, str]:
    # Collection of contracts needs none of it.
    from pytest_kvguard.verifiers.stated_numbers.statements import languages_of, statements

    given = _given(value)
    stated = statements(text, given.get("locale"), given.get("unit", ""))
    languages = languages_of(text, given.get("locale"))
    judged = [(statement, _judge(statement, given, languages)) for statement in stated]
    holds = _verdict([judgement for _, judgement in judged], bool(given.get("every")))
    return holds, _observed(holds, given, judged)


def _judge(statement: Statement, given: dict[str, Any], languages: tuple[str, ...]) -> _Judgement:
    inside, outside = zip(*(_sides(reading, given, languages) for reading in statement.readings), strict=True)
    return _Judgement(all(inside), any(inside), all(outside), any(outside))


def _sides(reading: Reading, given: dict[str, Any], languages: tuple[str, ...]) -> tuple[bool, bool]:
    """Return whether a reading states a number within the bounds, and whether it states one outside them."""
    from pytest_kvguard.verifiers.stated_numbers.conversion import in_unit

    low, high = _bounds(given)
    unit = given.get("unit")
    numbers = [
        number if unit is None else in_unit(number, reading.units, unit, languages) for number in reading.numbers
    ]
    # A number such as 1e999 is beyond all floats; it is within no bounds.
    inside = [math.isfinite(number) and low <= number <= high for number in numbers if number is not None]
    return any(inside), not all(inside)


def _verdict(judgements: list[_Judgement], every: bool) -> bool | None:
    """Return whether a reply obeys, or None if that depends on how its numbers are read."""
    if not any(judgement.maybe_inside for judgement in judgements):
        return False
    if every and any(judgement.surely_outside for judgement in judgements):
        return False
    if every and any(judgement.maybe_outside for judgement in judgements):
        return None
    return True if any(judgement.surely_inside for judgement in judgements) else None


def _observed(holds: bool | None, given: dict[str, Any], judged: list[tuple[Statement, _Judgement]]) -> str:
    if not judged:
        return "no number in the reply"
    if holds is None:
        statement = next(statement for statement, judgement in judged if judgement.is_open)
        return f"{quote(statement.text)} may mean {_alternatives(statement)}{_remedy(statement, given)}"
    deciding = [statement for statement, judgement in judged if judgement.surely_inside] if holds else []
    if not holds and given.get("every"):
        deciding = [statement for statement, judgement in judged if judgement.surely_outside]
    shown = ", ".join(_short(statement, given) for statement in deciding or [statement for statement, _ in judged])
    return f"numbers in the reply: {quote(shown)}"


def _short(statement: Statement, given: dict[str, Any]) -> str:
    # Any word may follow a number, so it is shown only if the contract names a unit.
    reading = statement.readings[0]
    numbers = " or ".join(dict.fromkeys(f"{number:g}" for r in statement.readings for number in r.numbers))
    return f"{numbers} {reading.units[0] if reading.units and 'unit' in given else ''}".strip()


def _alternatives(statement: Statement) -> str:
    words = (" and ".join(f"{number:g}" for number in reading.numbers) for reading in statement.readings)
    return " or ".join(dict.fromkeys(word or "no number" for word in words))


def _remedy(statement: Statement, given: dict[str, Any]) -> str:
    separated = any(sign in statement.text for sign in ".,' ")
    return ": declare its notation, e.g. locale: en" if separated and "locale" not in given else ""


def _problem(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    if ("value" in value) == bool({"min", "max"} & set(value)):
        return "give either value, or min and max. Remove one, or add the other."
    if "tolerance" in value and "value" not in value:
        return "tolerance belongs to value. Widen min and max instead."
    if value.get("min", 0) > value.get("max", value.get("min", 0)):
        return f"min {value['min']} is above max {value['max']}. Swap them."
    if "locale" in value:
        from pytest_kvguard.verifiers.stated_numbers.notation import locale_problem

        if unknown := locale_problem(value["locale"]):
            return unknown
    return missing_package("pint") if "unit" in value else None


RULES = (Rule("number", VALUE_SCHEMA, _describe, _inspect, problem=_problem, example={"value": 250, "unit": "g"}),)
