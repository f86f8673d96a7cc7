"""What every rule shares: blank replies, quoting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.verifiers.rule import MAX_QUOTED_CHARACTERS, Rule, quote
from pytest_kvguard.verifiers.table import verify

LENIENT = Rule("lenient", {}, lambda value: "anything", lambda text, value: (True, "fine"))


def test_a_rule_turns_its_judgement_into_a_check() -> None:
    check = LENIENT.verify("text", 1)
    assert (check.rule, check.holds, check.expected, check.observed) == ("lenient", True, "anything", "fine")


def test_a_blank_reply_fails_without_asking_the_rule() -> None:
    assert LENIENT.verify(" \n", 1).observed == "the reply is blank"


def test_a_rule_may_judge_blank_replies_itself() -> None:
    lenient = Rule("lenient", {}, lambda value: "anything", lambda text, value: (True, "fine"), judges_blank=True)
    assert lenient.verify("", 1).holds


def test_a_rule_has_no_problem_with_a_value_unless_it_says_so() -> None:
    assert LENIENT.problem(object()) is None


def test_a_rule_that_compares_sees_both_replies_or_the_only_one_twice() -> None:
    def compare(text: str, uncompressed: str, value: object) -> tuple[bool, str]:
        return text == uncompressed, f"{text} beside {uncompressed}"

    comparing = Rule("same", {}, lambda value: "the same", lambda text, value: (False, "not asked"), compare=compare)
    assert comparing.verify("b", 1, "a").observed == "b beside a"
    assert comparing.verify("a", 1).observed == "a beside a"


def test_short_texts_are_quoted_whole_and_long_ones_in_the_middle() -> None:
    assert quote("9:30") == "'9:30'"
    shown = quote("a" * 100 + "b" * 100)
    assert shown.startswith("'aaa")
    assert " … " in shown
    assert shown.endswith("bbb'")


@given(st.text())
def test_a_quoted_text_is_always_one_line(text: str) -> None:
    assert len(quote(text).splitlines()) == 1
    assert quote(text) == repr(text) or len(text) > MAX_QUOTED_CHARACTERS


@pytest.mark.parametrize("judges_blank", [True, False])
def test_a_rule_judges_the_answer_without_the_thinking(judges_blank: bool) -> None:
    asked = []

    def inspect(text: str, value: object) -> tuple[bool, str]:
        asked.append(text)
        return True, "fine"

    rule = Rule("any", {}, lambda value: "anything", inspect, judges_blank=judges_blank)
    assert rule.verify("<think>hm</think>\n\nyes", 1).holds
    check = rule.verify("<think>hm", 1)
    assert not check.holds and check.observed.startswith("the reply is thinking alone, without an answer")
    assert asked == ["yes"]


def test_both_replies_are_compared_without_their_thinking() -> None:
    check = verify(
        "same_as_uncompressed", 1, "<think>a b c</think>we open at nine", "<think>d e</think>we open at nine"
    )
    assert check.holds
