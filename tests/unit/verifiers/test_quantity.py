"""number: numbers in a text, their units, and the values that a contract may give."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.verifiers.stated_numbers import statements
from pytest_kvguard.verifiers.table import rule, verify


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Take 250 g of flour", [(250, "g")]),
        ("It costs $5.50 or 5 €.", [(5.5, "$"), (5, "€")]),
        ("1,250.5 km/h", [(1250.5, "km/h")]),
        ("-5 °C, then −7°C", [(-5, "°C"), (-7, "°C")]),
        ("from 5-10 km", [(5, "km"), (10, "km")]),
        ("at 9:30", []),
        ("50% off", [(50, "%")]),
        ("3.5e3 J", [(3500, "J")]),
        ("One, two, 3.", [(3, "")]),
        ("v2 and x1y", []),
    ],
)
def test_numbers_are_read_with_what_may_be_their_unit(text: str, expected: list[tuple[float, str]]) -> None:
    readings = [reading for statement in statements(text) for reading in statement.readings]
    assert [(*reading.numbers, "".join(reading.units[:1])) for reading in readings] == expected


@pytest.mark.parametrize(
    ("value", "reply", "holds"),
    [
        (9.5, "about 9.50 or so", True),
        (9.5, "about 9.51 or so", False),
        (0.1, "0.1", True),
        (-5, "It is -5 outside", True),
        ({"value": 250, "unit": "g"}, "0.25 kg of flour", True),
        ({"value": 250, "unit": "g"}, "250 ml of water", False),
        ({"value": 250, "unit": "g"}, "250", False),
        ({"value": 20, "unit": "°C"}, "It is 68 °F", True),
        ({"value": 12, "unit": "euros"}, "12 Euros, please", True),
        ({"value": 12, "unit": "€"}, "$12", False),
        ({"value": 100, "tolerance": 5}, "104 people", True),
        ({"value": 100, "tolerance": 5}, "106 people", False),
        ({"min": 2, "max": 3, "unit": "h"}, "150 minutes", True),
        ({"min": 2, "unit": "h"}, "90 minutes", False),
        ({"min": 2}, "1e999 hours", False),
        ({"max": 2}, "-1e999 hours", False),
        ({"max": 3}, "between 5 and 7", False),
        (5, "five", False),
    ],
)
def test_a_number_holds_in_whatever_unit_of_its_kind_it_is_stated(value: Any, reply: str, holds: bool) -> None:
    assert verify("number", value, reply).holds is holds


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (9.5, "states 9.5"),
        ({"value": 250, "unit": "g", "tolerance": 5}, "states 250 ± 5 g"),
        ({"min": 2, "max": 3, "unit": "h"}, "states a number of at least 2 and at most 3 h"),
    ],
)
def test_the_wording_is_a_sentence(value: Any, expected: str) -> None:
    assert verify("number", value, "x").expected == expected


def test_the_check_lists_the_numbers_of_the_reply() -> None:
    assert verify("number", 5, "1 or 2 kg").observed == "numbers in the reply: '1, 2'"
    assert verify("number", {"value": 5, "unit": "kg"}, "1 g or 2 kg").observed == "numbers in the reply: '1 g, 2 kg'"
    assert verify("number", 5, "none").observed == "no number in the reply"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"unit": "g"}, "give either value, or min and max."),
        ({"value": 1, "min": 0}, "give either value, or min and max."),
        ({"min": 1, "tolerance": 1}, "tolerance belongs to value."),
        ({"min": 3, "max": 2}, "min 3 is above max 2. Swap them."),
    ],
)
def test_bounds_that_make_no_sense_are_a_problem_before_any_run(value: Any, problem: str) -> None:
    assert str(rule("number").problem(value)).startswith(problem)


@pytest.mark.parametrize("value", [5, {"value": 5, "tolerance": 1}, {"min": 1}, {"min": 1, "max": 1}])
def test_sound_bounds_are_no_problem(value: Any) -> None:
    assert rule("number").problem(value) is None


@given(st.integers(-(10**9), 10**9))
def test_a_whole_number_is_found_however_its_digits_are_grouped(number: int) -> None:
    assert verify("number", number, f"It is {number:,} in all").holds
    assert verify("number", number, f"It is {number} in all").holds


@given(st.text(alphabet="0123456789.,-eE$%°/ kgm", max_size=40))
def test_any_muddle_of_digits_and_units_can_be_judged(reply: str) -> None:
    assert isinstance(verify("number", {"value": 1, "unit": "kg"}, reply).holds, bool)
