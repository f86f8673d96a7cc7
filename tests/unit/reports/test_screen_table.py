"""Tables fit the terminal where they can, and break neither names nor words in the middle."""

from __future__ import annotations

import re

import pytest

from pytest_kvguard.reports.screen_table import ScreenTable, Styled, painted, wrapped

SHORT = ("shop", "hours")
LONG = ("a-contract-with-a-rather-long-name", "detectable_format:number_of_highlighted.sections")
WHOLE = ("onelongwordwithoutanyjointatall", "anotherwordofthesamekindandlonger")
PIECE = re.compile(r"[^-_.:]+[-_.:]?")


def lines_of(*names: tuple[str, str], width: int, headings: tuple[str, ...] = ("HELD", "tokens kept")) -> list[str]:
    table = ScreenTable(("contract", "instruction"), headings)
    for name in names:
        table.add(name, [Styled("1"), *["50%"] * (len(headings) - 1)])
    return [line.rstrip() for line in table.text(width, color=False).splitlines()]


def test_names_stand_on_the_left_and_numbers_on_the_right() -> None:
    assert lines_of(SHORT, ("", "tone"), width=80) == [
        "",
        " contract   instruction   HELD   tokens kept",
        " ───────────────────────────────────────────",
        " shop       hours            1           50%",
        "            tone             1           50%",
    ]


def test_a_heading_of_numbers_is_broken_between_words_before_a_name_is_broken() -> None:
    lines = lines_of(SHORT, width=40)
    assert lines[1:3] == [" contract   instruction   HELD   tokens", "                                   kept"]
    assert lines[4] == " shop       hours            1      50%"


def test_a_name_is_broken_behind_its_joints_and_its_numbers_stand_in_its_first_line() -> None:
    assert lines_of(LONG, width=60)[4:] == [
        " a-contract-with-a-    detectable_format:        1      50%",
        " rather-long-name      number_of_",
        "                       highlighted.sections",
    ]


def test_names_that_cannot_be_broken_stand_above_their_numbers() -> None:
    assert lines_of(WHOLE, ("", "tone"), width=60)[1:] == [
        " contract",
        "   instruction",
        " HELD   tokens",
        "          kept",
        " ─────────────",
        " onelongwordwithoutanyjointatall",
        "   anotherwordofthesamekindandlonger",
        "    1      50%",
        "   tone",
        "    1      50%",
    ]


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("names", [SHORT, LONG, WHOLE])
@pytest.mark.parametrize(
    "headings", [("HELD", "tokens kept"), ("HELD", "LOST", "LEAKED", "UNSTABLE", "UNMET", "ERROR", "tokens kept")]
)
def test_no_line_is_wider_than_the_terminal_and_no_name_is_broken_in_the_middle(
    width: int, names: tuple[str, str], headings: tuple[str, ...]
) -> None:
    lines = lines_of(names, width=width, headings=headings)
    assert max(map(len, lines)) <= width
    shown = "\n".join(lines)
    assert all(piece in shown for name in names for piece in PIECE.findall(name))
    if width == 200:
        assert all(name in shown for name in names)


def test_a_name_that_is_longer_than_a_line_makes_the_table_wider() -> None:
    name = "x" * 70
    assert f"   {name}" in lines_of(("shop", name), width=60)


def test_a_blank_line_sets_rows_apart() -> None:
    table = ScreenTable(("family",), ("checks",))
    table.add(["keywords"], ["2"])
    table.add_blank_line()
    table.add(["all"], ["2"])
    assert table.text(80, color=False).splitlines()[3:] == [" keywords        2", "", " all             2"]


def test_colours_leave_the_columns_where_they_are() -> None:
    table = ScreenTable(("contract", "instruction"), ("HELD",))
    table.add(SHORT, [Styled("1", "bold red")])
    colored = table.text(80, color=True)
    assert "\x1b[1;31m   1\x1b[0m" in colored and "\x1b[1mHELD\x1b[0m" in colored
    without = re.sub(r"\x1b\[[\d;]*m", "", colored)
    assert [line.rstrip() for line in without.splitlines()] == table.text(80, color=False).splitlines()


def test_every_painted_line_ends_its_colour() -> None:
    assert painted("a\nb", "bold", True) == "\x1b[1ma\x1b[0m\n\x1b[1mb\x1b[0m"
    assert painted("a", "bold", False) == painted("a", "", True) == "a"


def test_prose_is_broken_between_words_alone() -> None:
    assert wrapped("no logprobs from http://127.0.0.1:8080/v1/chat here", 20).splitlines() == [
        "no logprobs from",
        "http://127.0.0.1:8080/v1/chat",
        "here",
    ]
    assert wrapped("one\ntwo", 20) == "one\ntwo"
