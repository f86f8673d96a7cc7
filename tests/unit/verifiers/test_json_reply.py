"""json."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.errors import UsageError
from pytest_kvguard.verifiers import timed_regex
from pytest_kvguard.verifiers.table import rule, verify

PERSON = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    "reply",
    ['{"a": 1}', "[]", ' {"a": [true]}\n', '```json\n{"a": 1}\n```', '```\n{"a": 1}\n```', "```JSON\n[1]\n```"],
)
def test_an_object_or_array_is_json_with_or_without_a_fence(reply: str) -> None:
    check = verify("json", True, reply)
    assert check.holds
    assert (check.expected, check.observed) == ("a JSON object or array", "such JSON")


@pytest.mark.parametrize(
    "reply",
    [
        "{'a': 1}",
        '{"a": 1',
        'Here it is: {"a": 1}',
        '{"a": NaN}',
        "[Infinity]",
        '```json\n{"a": 1}\n``` done',
        "[" * 99999,
    ],
)
def test_anything_around_or_wrong_is_not_json(reply: str) -> None:
    check = verify("json", True, reply)
    assert not check.holds
    assert check.observed.startswith("not JSON: ")


@pytest.mark.parametrize("reply", ["12345", '"text"', "null", "true"])
def test_a_bare_value_is_not_what_json_true_means(reply: str) -> None:
    check = verify("json", True, reply)
    assert not check.holds
    assert "is not of type 'object', 'array'" in check.observed


def test_a_schema_may_ask_for_a_bare_value() -> None:
    assert verify("json", {"type": "integer"}, "12345").holds


@pytest.mark.parametrize(("reply", "holds"), [('{"name": "Ann"}', True), ("{}", False), ('{"name": 3}', False)])
def test_the_reply_must_satisfy_its_schema(reply: str, holds: bool) -> None:
    assert verify("json", PERSON, reply).holds is holds


def test_the_complaint_says_where_in_the_json() -> None:
    check = verify("json", PERSON, '{"name": 3}')
    assert check.expected == "JSON that satisfies its schema"
    assert check.observed == "JSON, but \"3 is not of type 'string'\" at $.name"


def test_patterns_in_a_schema_are_searched() -> None:
    schema = {"type": "string", "pattern": "^KX"}
    assert verify("json", schema, '"KX-1"').holds
    assert "'KY-1' does not match '^KX'" in verify("json", schema, '"KY-1"').observed


def test_patterns_in_a_schema_run_under_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed_regex, "TIME_LIMIT_SECONDS", 0.05)
    with pytest.raises(UsageError, match="ran longer than"):
        verify("json", {"pattern": "(a|aa)+$"}, json.dumps("a" * 200 + "b"))


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": 3}, "not a JSON Schema: "),
        ({"properties": {"a": {"minimum": "x"}}}, "at $.properties.a.minimum"),
        ({"$ref": "https://example.org/schema"}, "Use references within the schema only"),
        ({"$ref": "#/$defs/missing"}, "cannot be resolved"),
        ({"$ref": "#"}, "none that leads to itself"),
        ({"patternProperties": {"^a": {}}}, "List the properties by name."),
        ({"items": [{"patternProperties": {}}]}, "List the properties by name."),
        ({"items": {"pattern": "("}}, "'(' is not a regular expression: "),
        ({"pattern": "((a{999}){999}){999}"}, "Lower its counts."),
    ],
)
def test_a_schema_that_cannot_be_used_is_a_problem_before_any_run(schema: dict[str, object], problem: str) -> None:
    assert problem in str(rule("json").problem(schema))


@pytest.mark.parametrize("value", [True, PERSON, {"$defs": {"a": {"type": "string"}}, "items": {"$ref": "#/$defs/a"}}])
def test_a_usable_value_is_no_problem(value: object) -> None:
    assert rule("json").problem(value) is None


def test_a_reference_that_first_shows_on_a_reply_is_an_error_and_no_verdict() -> None:
    schema = {"properties": {"a": {"$ref": "#/$defs/missing"}}}
    with pytest.raises(UsageError, match="cannot be resolved"):
        verify("json", schema, '{"a": 1}')


@given(JSON_VALUES)
def test_what_json_writes_is_json(value: object) -> None:
    reply = f"```json\n{json.dumps(value, indent=1)}\n```"
    assert verify("json", {"description": "any"}, reply).holds
    assert verify("json", True, reply).holds is isinstance(value, (dict, list))


@given(st.text())
def test_any_reply_can_be_judged(reply: str) -> None:
    assert isinstance(verify("json", True, reply).holds, bool)
