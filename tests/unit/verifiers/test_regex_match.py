"""regex."""

from __future__ import annotations

import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.verifiers import timed_regex
from pytest_kvguard.verifiers.table import rule, verify


@pytest.mark.parametrize(
    ("value", "reply", "holds"),
    [
        (r"\d:\d\d", "at 9:30", True),
        (r"\d:\d\d", "at nine", False),
        (r"^at", "open at", False),
        ({"pattern": "OPEN"}, "we open", False),
        ({"pattern": "OPEN", "ignore_case": True}, "we open", True),
        (r"(?m)^b$", "a\nb\nc", True),
    ],
)
def test_a_match_anywhere_is_enough(value: object, reply: str, holds: bool) -> None:
    assert verify("regex", value, reply).holds is holds


def test_the_match_is_shown() -> None:
    check = verify("regex", r"\d:\d\d", "at 9:30")
    assert (check.expected, check.observed) == (r"matches '\\d:\\d\\d'", "'9:30' matches")


def test_the_lack_of_a_match_is_shown() -> None:
    assert verify("regex", "x", "abc").observed == "no match in the reply"


def test_a_blank_reply_matches_nothing_even_where_the_pattern_would() -> None:
    assert verify("regex", "^[^,]*$", "").observed == "the reply is blank"


@pytest.mark.parametrize("value", ["(", {"pattern": "("}])
def test_a_broken_pattern_is_a_problem_before_any_run(value: object) -> None:
    assert "'(' is not a regular expression" in str(rule("regex").problem(value))


def test_running_out_of_time_is_an_error_and_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed_regex, "TIME_LIMIT_SECONDS", 0.05)
    with pytest.raises(UsageError, match="ran longer than"):
        verify("regex", r"(a|aa)+$", "a" * 200 + "b")


@pytest.mark.parametrize(
    ("value", "reply", "holds"),
    [
        (r"\d", "no digit", True),
        (r"\d", "room 5", False),
        ("as an ai", "As an AI, I", True),
        ({"pattern": "as an ai", "ignore_case": True}, "As an AI, I", False),
    ],
)
def test_not_regex_holds_where_the_pattern_matches_nowhere(value: object, reply: str, holds: bool) -> None:
    assert verify("not_regex", value, reply).holds is holds


def test_not_regex_shows_what_matches() -> None:
    check = verify("not_regex", r"\d+", "room 512")
    assert (check.expected, check.observed) == (r"does not match '\\d+'", "'512' matches")
    assert verify("not_regex", r"\d+", "no room").observed == "no match in the reply"


def test_not_regex_refuses_what_is_no_pattern() -> None:
    assert "is not a regular expression" in str(rule("not_regex").problem("("))


@pytest.mark.parametrize(
    ("pattern", "reply", "holds"),
    [
        ("(?m)^yes$", "yes\r\nno", True),
        ("café", "un cafe\u0301", True),
        ("cafe\u0301", "un café", True),
        (r"yes\r\n", "yes\r\nno", True),
        (r"\r", "yes\nno", False),
        ("I'm", "I’m", False),
    ],
)
def test_accents_and_line_breaks_have_one_form_unless_the_pattern_asks(pattern: str, reply: str, holds: bool) -> None:
    assert verify("regex", pattern, reply).holds is holds
    assert verify("not_regex", pattern, reply).holds is not holds
