"""python: the user's own functions by import path."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.user_function import ask
from pytest_kvguard.verifiers import table
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

def answers(reply, question):
    return question in reply, f"{question} -> {reply}"

def by_name(reply, *, turn):
    return turn == "Hi?"

def all_of_them(reply, turns=()):
    return turns == ("Hello!", "Hi?")

def with_a_setting(reply, strict=False):
    return not strict

def called_turn(turn):
    return turn == "You said Hi?"

def any_number(*arguments):
    return len(arguments) == 1

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


TURNS = ("Hello!", "Hi?")


@pytest.mark.parametrize(
    ("function", "holds"),
    [
        ("answers", True),
        ("by_name", True),
        ("all_of_them", True),
        ("polite", False),
        ("with_a_setting", True),
        ("any_number", True),
        ("called_turn", True),
    ],
)
def test_a_function_gets_the_users_turn_if_it_has_a_place_for_it(function: str, holds: bool) -> None:
    assert verify("python", f"tone_checks:{function}", "You said Hi?", turns=TURNS).holds is holds


def test_without_a_known_conversation_the_turn_is_empty() -> None:
    assert verify("python", "tone_checks:answers", "yes").observed == " -> yes"
    assert not verify("python", "tone_checks:by_name", "yes").holds


def test_a_registered_check_gets_the_turn_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_RULES", dict(table._RULES))

    @table.register("echoes")
    def echoes(reply: str, value: str, turn: str = "") -> bool:
        return reply == value + turn

    @table.register("plain")
    def plain(reply: str, value: str, strict: bool = False) -> bool:
        return not strict

    assert verify("echoes", "> ", "> Hi?", turns=TURNS).holds

    @table.register("named")
    def named(reply: str, turn: str) -> bool:
        return reply == turn

    assert verify("plain", "x", "y", turns=TURNS).holds
    assert verify("named", "the value", "the value", turns=TURNS).holds


ALIASES = """
import code, functools, io, logging, operator, os, subprocess, types

methodcaller = operator.methodcaller("upper")
bound = code.InteractiveInterpreter().runsource
cached = functools.lru_cache(os.system)
logger = logging.getLogger("x").warning
of_an_object = io.StringIO().write
of_a_class = str.upper
slot = "".__contains__
made_a_method = types.MethodType(os.system, "x")
static = staticmethod(os.system)
dispatched = functools.singledispatch(os.system)
endless = functools.lru_cache(os.system)

class Judge:
    __call__ = os.system

called = Judge()
under_two = functools.partial(functools.lru_cache(functools.partial(subprocess.run)))
"""
"""Ways to call what is Python's own under a name of the project."""


@pytest.mark.parametrize(
    "name",
    [line.split(" ")[0] for line in ALIASES.splitlines() if " = " in line and not line.startswith(" ")],
)
def test_pythons_own_functions_are_refused_whatever_they_are_wrapped_in(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wrapped_aliases.py").write_text(ALIASES)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match="would do something with the reply instead of judging it"):
        verify("python", f"wrapped_aliases:{name}", "echo never")


OWN = """
import functools

def plain(reply):
    return True

class Judge:
    def __call__(self, reply):
        return True

    def judge(self, reply):
        return True

    @staticmethod
    def static(reply):
        return True

cached = functools.lru_cache(plain)
instance = Judge()
method = instance.judge
static = Judge.static
looped = functools.partial(plain)

@functools.wraps(plain)
def wrapped(reply):
    return plain(reply)

wrapped.__wrapped__ = wrapped
"""


@pytest.mark.parametrize("name", ["plain", "cached", "instance", "method", "static", "looped", "wrapped"])
def test_functions_of_the_project_judge_whatever_they_are_wrapped_in(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_functions.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    assert verify("python", f"own_functions:{name}", "yes").holds


@pytest.mark.parametrize(
    "spec", ["pytest:skip", "pytest:main", "pip:main", "yaml:unsafe_load", "torch:load", "setuptools:setup"]
)
def test_functions_of_the_packages_that_every_run_has_are_refused(spec: str) -> None:
    problem = rule("python").problem(spec)
    assert problem is not None and "would do something with the reply instead of judging it" in problem


@pytest.mark.parametrize(
    "raised", ["pytest.skip('x')", "pytest.xfail('x')", "pytest.fail('x')", "sys.exit(0)", "raise GeneratorExit"]
)
@pytest.mark.parametrize("place", ["function", "import"])
def test_no_exception_takes_a_check_out_of_the_run(
    raised: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"raises_{place}_{abs(hash(raised))}"
    raised = raised.replace("('x')", "('x', allow_module_level=True)") if "skip" in raised else raised
    body = f"    {raised}\n" if place == "function" else "    return True\n" + raised + "\n"
    (tmp_path / f"{name}.py").write_text(f"import pytest, sys\n\ndef judge(reply):\n{body}")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match="raised (Skipped|XFailed|Failed|SystemExit|GeneratorExit)"):
        verify("python", f"{name}:judge", "yes")


def test_ctrl_c_within_a_check_still_ends_the_run() -> None:
    def interrupted(_: str) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask("f", interrupted, "yes")
