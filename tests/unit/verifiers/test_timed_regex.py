"""User-written patterns: readable errors, bounded time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.errors import UsageError
from pytest_kvguard.verifiers import timed_regex
from pytest_kvguard.verifiers.timed_regex import pattern_problem, timed_search


def test_the_matching_text_is_returned() -> None:
    assert timed_search(r"\d+:\d+", "We open at 9:30 or 10:00.") == "9:30"


def test_no_match_is_none_and_an_empty_match_is_not() -> None:
    assert timed_search("x", "abc") is None
    assert timed_search("x*", "abc") == ""


def test_case_is_ignored_on_request() -> None:
    assert timed_search("OPEN", "we open") is None
    assert timed_search("OPEN", "we open", ignore_case=True) == "open"


def test_a_pattern_that_explodes_is_stopped_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed_regex, "TIME_LIMIT_SECONDS", 0.05)
    with pytest.raises(UsageError) as caught:
        timed_search(r"(a|aa)+$", "a" * 200 + "b")
    message = str(caught.value)
    assert "'(a|aa)+$' ran longer than 0.05 s on a reply of 201 characters" in message
    assert message.endswith("Avoid nested repetition such as (a+)+, or make it possessive: (a++).")


@pytest.mark.parametrize("pattern", ["(", "[a", "*", "(?P<n>a)(?P=m)", r"\p{Nonsense}", "a{3,1}", "(?<=", "\\"])
def test_a_pattern_that_does_not_compile_is_explained(pattern: str) -> None:
    problem = pattern_problem(pattern)
    assert problem is not None
    assert problem.startswith(f"{pattern!r} is not a regular expression: ")
    assert problem.endswith("Escape special characters with a backslash.")


@pytest.mark.parametrize("pattern", ["a", r"\d{2}:\d{2}", "(?i)open", r"^\p{Lu}", "(a++)"])
def test_a_good_pattern_has_no_problem(pattern: str) -> None:
    assert pattern_problem(pattern) is None


@pytest.mark.parametrize("pattern", ["(((a{1000}){1000}){1000}){1000}", "((ab){500}c){300}", r"(\w{999}[{}]\)){999}"])
def test_counts_that_the_compiler_would_write_out_past_all_memory_are_refused(pattern: str) -> None:
    assert pattern_problem(pattern) == f"{pattern!r} repeats something more than 100,000 times. Lower its counts."


@pytest.mark.parametrize("pattern", ["a{999}b{999}c{999}", "(a{999})(b{999})", r"[({]{999}\(x{999}", "((a){99}b){999}"])
def test_counts_beside_each_other_do_not_multiply(pattern: str) -> None:
    assert pattern_problem(pattern) is None


@given(st.text(alphabet="ab()[]{}*+?|\\^$.<>=!:-,0123pPkLqQ&~#", max_size=12))
def test_any_pattern_either_compiles_or_is_explained(pattern: str) -> None:
    problem = pattern_problem(pattern)
    assert problem is None or repr(pattern) in problem
