"""Replies in a CI log: no quoted line is a command to the CI runner."""

from __future__ import annotations

import re

import pytest

from tests.plugin.conftest import Guard
from tests.plugin.shop import ATTACK, OBEYS, OPENING, SHOP

HOSTILE = "\n::error file=x::owned\n  ::add-mask::a\n##[error]owned\r::stop-commands::x\n\x1b[2J##vso[task.complete]"
QUOTES_ALL = "def judge(reply):\n    print(reply)\n    return False, reply\n"


def commands(text: str) -> list[str]:
    """Return the lines that a CI runner would execute, except the guard's own annotations."""
    lines = re.split(r"[\n\r\x0b\x0c\x85\u2028\u2029]", text)
    hostile = [line for line in lines if line.lstrip().startswith("::") or re.search(r"##\w*\[", line)]
    return [line for line in hostile if not line.startswith("::error file=shop.kv.yaml,")]


@pytest.fixture
def hostile(guard: Guard) -> Guard:
    guard.pytester.makepyfile(quoting=QUOTES_ALL)
    guard.pytester.syspathinsert()
    guard.contract(SHOP.replace("{lowercase: true}", "{python: quoting:judge}"))
    guard.replies(
        {**OBEYS, OPENING: f"we open at 9:30{HOSTILE}"}, snapkv={OPENING: f"at nine{HOSTILE}", ATTACK: HOSTILE}
    )
    return guard


@pytest.mark.parametrize(
    "args", [(), ("--kv-strict",), ("-rA",), ("--tb=line", "-rs"), ("-q", "-rs"), ("--color=yes",)]
)
def test_no_output_contains_a_command(hostile: Guard, args: tuple[str, ...]) -> None:
    screen = hostile.screen("--kv-policy=snapkv", *args)
    assert "owned" in screen
    assert commands(screen) == []
    assert "\x1b[2J" not in screen


def test_an_error_that_quotes_a_reply_contains_no_command(hostile: Guard) -> None:
    hostile.replies(OBEYS, snapkv={OPENING: f"raise no answer{HOSTILE}", ATTACK: "no"})
    for style in ("auto", "native"):
        screen = hostile.screen("--kv-policy=snapkv", f"--tb={style}")
        assert "owned" in screen
        assert commands(screen) == []


def test_a_backends_exception_that_quotes_a_reply_contains_no_command(hostile: Guard) -> None:
    hostile.pytester.makeconftest(
        f"""
        class Broken:
            title = "broken"

            def run_turns(self, requests, progress=None):
                raise RuntimeError({HOSTILE!r})

        def pytest_kvguard_backend(config):
            return Broken()
        """
    )
    for style in ("long", "native"):
        assert commands(hostile.screen("--kv-policy=snapkv", f"--tb={style}")) == []


def test_a_python_test_that_prints_replies_outputs_no_command(hostile: Guard) -> None:
    hostile.pytester.makepyfile(
        test_python="""
        def test_it(kv_run):
            pair = kv_run({"hours": "We open at 9:30."}, "When do you open?")
            print(pair.compressed.text)
            assert pair.compressed.text == ""
        """
    )
    screen = hostile.screen("--kv-policy=snapkv", "test_python.py", "--tb=native")
    assert "owned" in screen
    assert commands(screen) == []


def test_the_log_contains_only_the_guards_own_annotations(hostile: Guard) -> None:
    screen = hostile.screen("--kv-policy=snapkv", "--kv-report=github:summary.md", "--kv-strict")
    assert screen.count("::error file=shop.kv.yaml,line=") == 2
    assert commands(screen) == []
    assert commands((hostile.pytester.path / "summary.md").read_text()) == []
