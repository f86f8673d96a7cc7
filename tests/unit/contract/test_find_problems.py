"""All problems of a contract at once, in the order of the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_kvguard.contract.parse import find_problems, parse_contract
from pytest_kvguard.errors import ContractError

Write = Callable[[str], Path]


def lines(path: Path) -> list[int]:
    return [problem.line for problem in find_problems(path)]


def test_a_sound_contract_has_no_problem(write: Write, sample: str) -> None:
    assert find_problems(write(sample)) == ()


def test_problems_of_every_kind_are_reported_at_once(write: Write, sample: str) -> None:
    broken = (
        sample.replace("preamble:", "preambel:")
        .replace("check: {contains:", "check: {contians:")
        .replace("{lowercase: true}", "{max_words: none}")
        .replace("sample: 3", "sample: -3")
    )
    assert lines(write(broken)) == [4, 8, 14, 23]


def test_all_unknown_names_are_reported(write: Write, sample: str) -> None:
    broken = sample.replace("probes: [opening]", "probes: [opnening, attak]").replace("first: []", "first: [tune]")
    problems = find_problems(write(broken))
    assert [problem.line for problem in problems] == [9, 9, 23]
    assert "Did you mean 'attack'?" in problems[1].message


def test_a_problem_that_two_rules_notice_is_reported_once(write: Write, sample: str) -> None:
    problems = find_problems(write(sample.replace("{lowercase: true}", "{max_words: none}")))
    assert len(problems) == 1


def test_of_a_file_of_another_version_only_the_version_is_reported(write: Write, sample: str) -> None:
    problems = find_problems(write(sample.replace("kvguard: 1", "kvguard: 2").replace("contains", "holds")))
    assert [problem.line for problem in problems] == [1]


@pytest.mark.parametrize("text", ["", "a: [", "just text", "[]", "context: {instructions: {check: 1}}"])
def test_a_file_that_is_no_contract_has_problems_and_raises_none(write: Write, text: str) -> None:
    assert find_problems(write(text))


def test_parsing_raises_one_of_the_problems(write: Write, sample: str) -> None:
    path = write(sample.replace("check: {contains:", "check: {contians:"))
    with pytest.raises(ContractError) as caught:
        parse_contract(path)
    assert [str(problem) for problem in find_problems(path)] == [str(caught.value)]
