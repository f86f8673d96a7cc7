"""python: the user's own functions by import path."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.user_function import ask
from pytest_kvguard.verifiers.python_function import VALUE_SCHEMA
from pytest_kvguard.verifiers.table import rule, verify

SOURCE = """
def polite(reply):
    return "please" in reply

def counted(reply):
    return len(reply) > 3, f"{len(reply)} characters"

def broken(reply):
    raise KeyError("oops")

def silent(reply):
    pass

NUMBER = 3
"""


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tone_checks.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)


def test_the_function_judges_the_reply() -> None:
    assert verify("python", "tone_checks:polite", "yes please").holds
    assert not verify("python", "tone_checks:polite", "yes").holds


def test_the_check_names_the_function_and_its_answer() -> None:
    check = verify("python", "tone_checks:polite", "yes")
    assert check.rule == "python"
    assert (check.expected, check.observed) == (
        "tone_checks:polite says yes",
        "the check function 'tone_checks:polite' returned False",
    )


def test_the_function_may_return_its_observation() -> None:
    check = verify("python", "tone_checks:counted", "no")
    assert not check.holds
    assert check.observed == "2 characters"


def test_a_blank_reply_is_left_to_the_function() -> None:
    assert verify("python", "tone_checks:counted", "").observed == "0 characters"


@pytest.mark.parametrize("spec", ["no_such_module_here:f", "tone_checks:missing"])
def test_a_function_that_cannot_be_loaded_is_an_error_with_a_remedy(spec: str) -> None:
    with pytest.raises(UsageError) as caught:
        verify("python", spec, "x")
    assert f"the check function {spec!r} cannot be loaded" in str(caught.value)
    assert "Write module:function" in str(caught.value)


def test_something_that_is_no_function_is_an_error() -> None:
    with pytest.raises(UsageError, match="'tone_checks:NUMBER' is a int, not a function"):
        verify("python", "tone_checks:NUMBER", "x")


def test_a_function_that_raises_is_an_error_and_no_failing_check() -> None:
    with pytest.raises(UsageError, match="'tone_checks:broken' raised KeyError: 'oops'"):
        verify("python", "tone_checks:broken", "x")


def test_a_function_that_forgot_to_return_is_an_error_and_no_failing_check() -> None:
    with pytest.raises(UsageError, match="'tone_checks:silent' returned None. Return True or False"):
        verify("python", "tone_checks:silent", "x")


@pytest.mark.parametrize(
    ("answer", "read"), [(True, (True, "f returned True")), ((False, "why"), (False, "why")), ((True, 3), (True, "3"))]
)
def test_a_bool_or_a_pair_is_an_answer(answer: object, read: tuple[bool, str]) -> None:
    assert ask("f", lambda: answer) == read


@pytest.mark.parametrize("answer", [None, 1, "yes", (1, "x"), (True,), [True, "x"]])
def test_other_answers_are_an_error(answer: object) -> None:
    with pytest.raises(UsageError, match="Return True or False"):
        ask("f", lambda: answer)


@pytest.mark.parametrize("spec", ["checks:polite", "my.checks.tone:is_polite", "_a:_b"])
def test_specs_the_schema_takes(spec: str) -> None:
    assert Draft202012Validator(VALUE_SCHEMA).is_valid(spec)


@pytest.mark.parametrize(
    "spec", ["checks.polite", "checks:", ":polite", "a:b:c", "os:system('x')", "1a:b", "a..b:c", 3]
)
def test_specs_the_schema_refuses(spec: object) -> None:
    assert not Draft202012Validator(VALUE_SCHEMA).is_valid(spec)


@pytest.mark.parametrize(
    "spec",
    ["os:system", "subprocess:call", "builtins:exec", "shutil:rmtree", "os.path:exists", "posix:system", "sys:exit"],
)
def test_pythons_own_functions_are_refused_when_the_contract_is_read(spec: str) -> None:
    problem = rule("python").problem(spec)
    assert problem is not None
    assert repr(spec) in problem and "Name a function of your project" in problem


@pytest.mark.parametrize("name", ["system", "run", "Popen"])
def test_pythons_own_functions_are_refused_under_a_name_of_the_project(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"hidden_{name}.py").write_text("from os import system\nfrom subprocess import Popen, run\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert rule("python").problem(f"hidden_{name}:{name}") is None, "nothing is imported to validate a contract"
    with pytest.raises(UsageError, match="would do something with the reply instead of judging it"):
        verify("python", f"hidden_{name}:{name}", "echo never")


def test_a_partial_of_pythons_own_function_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = tmp_path / "ran"
    (tmp_path / "hidden_partial.py").write_text(
        "from functools import partial\nfrom os import system\nrule = partial(partial(system))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match="would do something with the reply instead of judging it"):
        verify("python", "hidden_partial:rule", f"touch {ran}")
    assert not ran.exists()


def test_a_partial_of_a_function_of_the_project_judges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "part.py").write_text(
        "from functools import partial\n\ndef has(word, reply):\n    return word in reply\n\n"
        "please = partial(has, 'please')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert verify("python", "part:please", "yes please").holds
