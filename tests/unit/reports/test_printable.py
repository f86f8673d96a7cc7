"""Untrusted text on a terminal."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.reports.printable import printable, printable_in_colour, without_commands


@pytest.mark.parametrize("text", ["We open at 9:30.", "two\nlines\tand a tab", "čeština 中文 🚲 ½"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("over\rwritten", r"over\x0dwritten"),
        ("\x07\x08\x7f", r"\x07\x08\x7f"),
        ("\x9b31m", r"\x9b31m"),
        ("\u202eright to left", r"\u202eright to left"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("line\u2028separator", r"line\u2028separator"),
        ("half \ud800", r"half \ud800"),
    ],
)
def test_what_steers_a_terminal_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_no_control_character_is_left(text: str) -> None:
    left = {char for char in printable(text) if unicodedata.category(char) in {"Cc", "Cf", "Cs"}}
    assert left <= {"\n", "\t"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", r"\x3a:error::x"),
        ("fine\n  ::add-mask::x", "fine\n  " + r"\x3a:add-mask::x"),
        ("\t::stop-commands::x", "\t" + r"\x3a:stop-commands::x"),
        ("x ##[error]y", r"x \x23#[error]y"),
        ("##vso[task.complete]", r"\x23#vso[task.complete]"),
        ("##teamcity[message]", r"\x23#teamcity[message]"),
        ("\u2028::error::x", r"\u2028::error::x"),
        ("\r::error::x", r"\x0d::error::x"),
        (":::error::x", r"\x3a::error::x"),
    ],
)
def test_what_commands_a_ci_runner_is_broken_up(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize("text", ["see tests::unit::it", "## A heading", "#[cfg(test)]", "a :: b", "#: 4 [x]"])
def test_what_commands_no_runner_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@given(st.text(alphabet=":#[]ev \n\t\r\x0b\x0c\x85\u2028\u200b"))
def test_no_command_is_left_however_it_is_put_together(text: str) -> None:
    shown = printable(text)
    assert not [line for line in shown.splitlines() if line.lstrip().startswith("::")]
    assert not re.search(r"##\w*\[", shown)
    assert without_commands(shown) == shown


def test_colours_of_pytests_own_messages_can_be_kept() -> None:
    assert (
        printable_in_colour("\x1b[1;31mE\x1b[0m \x1b[2J\x1b]0;x\x07") == "\x1b[1;31mE\x1b[0m " + r"\x1b[2J\x1b]0;x\x07"
    )


def test_colours_put_no_command_together() -> None:
    assert printable_in_colour("##\x1b[31m[error]x") == "##\x1b[31m[error]x"
    assert printable_in_colour("##[error]\n::error::") == r"\x23#[error]" + "\n" + r"\x3a:error::"
    assert printable_in_colour("\x1b[0m::error::") == "\x1b[0m" + r"\x3a:error::"
