"""The table of rules, and what holds for all of them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pytest_kvguard.errors import UsageError
from pytest_kvguard.verifiers import regex_match, table
from pytest_kvguard.verifiers.rule import JUNK_REPLIES
from pytest_kvguard.verifiers.table import BUILT_IN, junk_floor, names, register, rule, verify

EXAMPLES = {name: member.example for name, member in sorted(BUILT_IN.items())}
JUDGED = sorted(set(EXAMPLES) - {"python", "judge"})


@pytest.fixture
def own_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_RULES", dict(table._RULES))


def test_the_table_lists_the_rules_in_alphabetical_order() -> None:
    assert names() == tuple(sorted(EXAMPLES))


def test_an_unknown_rule_is_an_error_that_suggests_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        rule("lowercas")
    assert "unknown check 'lowercas'. Allowed: bullets, contains" in str(caught.value)
    assert str(caught.value).endswith("Did you mean 'lowercase'?")


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_rule_takes_its_usual_value_and_has_no_problem_with_it(name: str) -> None:
    assert Draft202012Validator(rule(name).value_schema).is_valid(EXAMPLES[name])
    assert rule(name).problem(EXAMPLES[name]) is None


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("value", [None, False, "", [], {}])
def test_no_rule_takes_nothing_false_or_empty_values(name: str, value: object) -> None:
    assert not Draft202012Validator(rule(name).value_schema).is_valid(value)


@pytest.mark.parametrize("name", sorted(set(EXAMPLES) - {"number"}))
@pytest.mark.parametrize("value", [-1, 2.5])
def test_no_rule_but_that_about_numbers_takes_a_negative_or_broken_number(name: str, value: object) -> None:
    assert not Draft202012Validator(rule(name).value_schema).is_valid(value)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_value_schema_is_a_schema_and_says_what_is_allowed(name: str) -> None:
    Draft202012Validator.check_schema(rule(name).value_schema)
    assert rule(name).value_schema["description"]


@pytest.mark.parametrize("name", JUDGED)
@pytest.mark.parametrize("reply", ["", " ", "\n\t ", "\u3000"])
def test_no_built_in_rule_holds_on_a_blank_reply(name: str, reply: str) -> None:
    check = verify(name, EXAMPLES[name], reply)
    assert not check.holds
    assert check.observed == "the reply is blank"


@given(st.sampled_from(JUDGED), st.text())
def test_every_rule_judges_any_reply_in_one_line(name: str, reply: str) -> None:
    check = verify(name, EXAMPLES[name], reply)
    assert check.rule == name
    assert check.expected
    assert check.observed
    assert len(check.observed.splitlines()) == 1
    assert check == verify(name, EXAMPLES[name], reply)


def test_the_junk_floor_is_the_share_of_junk_replies_that_pass() -> None:
    assert junk_floor("contains", "9:30") == 0
    assert junk_floor("max_words", 50) == (len(JUNK_REPLIES) - 1) / len(JUNK_REPLIES)
    assert junk_floor("lowercase", True) == 1 / len(JUNK_REPLIES)


def test_the_junk_floor_of_a_check_that_compares_is_taken_against_the_uncompressed_reply() -> None:
    assert junk_floor("same_as_uncompressed", 0.8, "We open at nine.") == 0
    assert junk_floor("same_as_uncompressed", 0.8, "ok") == 1 / len(JUNK_REPLIES)


def test_the_junk_floor_of_a_judge_or_a_function_is_unknown_and_neither_is_asked() -> None:
    assert junk_floor("judge", "The reply is polite.") is None
    assert junk_floor("python", "no.such.module:function") is None


def test_a_pattern_that_runs_out_of_time_on_junk_has_no_junk_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_slow(pattern: str, text: str, ignore_case: bool) -> str | None:
        raise UsageError("ran longer than 1 s")

    monkeypatch.setattr(regex_match, "timed_search", too_slow)
    assert junk_floor("regex", "x") is None


@pytest.mark.usefixtures("own_rules")
def test_a_project_can_add_its_own_rule() -> None:
    @register("mentions", value_schema={"type": "string"}, floor=0.5)
    def mentions(reply: str, value: Any) -> bool:
        return value in reply

    assert "mentions" in names()
    assert junk_floor("mentions", "tea") == 0.5
    assert rule("mentions").value_schema == {"type": "string"}
    check = verify("mentions", "tea", "coffee")
    assert not check.holds
    assert (check.expected, check.observed) == ("mentions: tea", "check 'mentions' returned False")
    assert mentions("tea", "tea"), "the decorated function stays usable"


@pytest.mark.usefixtures("own_rules")
def test_a_registered_rule_may_return_its_observation_and_takes_any_value() -> None:
    register("tall")(lambda reply, value: (reply.count("\n") > value, f"{reply.count(chr(10))} line breaks"))
    assert verify("tall", 2, "a\nb").observed == "1 line breaks"
    assert rule("tall").value_schema == {"description": "any value"}
    assert junk_floor("tall", 2) is None, "a user's function is not called with junk"


@pytest.mark.usefixtures("own_rules")
def test_registering_again_replaces_so_that_a_conftest_may_be_read_twice() -> None:
    register("mine")(lambda reply, value: True)
    register("mine")(lambda reply, value: False)
    assert not verify("mine", 1, "x").holds


@pytest.mark.parametrize(
    ("name", "problem"),
    [("contains", "that is a built-in check"), ("two words", "not one word of letters"), ("", "not one word")],
)
def test_a_name_that_is_taken_or_unwritable_is_refused(name: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        register(name)
    assert problem in str(caught.value)
    assert str(caught.value).endswith("Choose another name.")


def test_the_rules_come_without_torch_transformers_or_pytest() -> None:
    code = (
        "import sys; import pytest_kvguard.verifiers.table, pytest_kvguard.leaks.table, pytest_kvguard.contract.parse,"
        "pytest_kvguard.contract.render; print(*{'torch', 'transformers', 'pytest', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
