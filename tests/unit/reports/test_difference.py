"""Two replies side by side."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.reports.difference import mark_difference

CODES = re.compile(r"\x1b\[\d+m")


@pytest.mark.parametrize(
    ("uncompressed", "compressed", "marked"),
    [
        ("at 9:30", "at 9:30", ("at 9:30", "at 9:30")),
        ("at ten", "at nine", ("at [-ten-]", "at {+nine+}")),
        ("at nine", "", ("[-at nine-]", "")),
        ("", "at nine", ("", "{+at nine+}")),
        ("yes, sir", "yes sir", ("yes[-,-] sir", "yes sir")),
    ],
)
def test_only_what_differs_is_marked_word_by_word(uncompressed: str, compressed: str, marked: tuple[str, str]) -> None:
    assert mark_difference(uncompressed, compressed) == marked


def test_in_colour_no_brackets_are_needed() -> None:
    assert mark_difference("at ten", "at nine", color=True) == ("at \x1b[32mten\x1b[0m", "at \x1b[31mnine\x1b[0m")


def test_control_characters_are_shown_before_they_are_compared() -> None:
    assert mark_difference("ok", "\x1b[31mok")[1] == r"{+\x1b[31mok+}"


PLAIN = st.text(st.characters(categories=["L", "N", "Zs"]), max_size=40)


@given(PLAIN, PLAIN)
def test_without_the_marks_both_replies_are_whole(uncompressed: str, compressed: str) -> None:
    left, right = mark_difference(uncompressed, compressed)
    assert left.replace("[-", "").replace("-]", "") == uncompressed
    assert right.replace("{+", "").replace("+}", "") == compressed
    coloured = mark_difference(uncompressed, compressed, color=True)
    assert tuple(CODES.sub("", text) for text in coloured) == (uncompressed, compressed)
