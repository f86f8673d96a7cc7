"""Lines and paragraphs, whatever breaks them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.text.lines import LINE_BREAKS, lines, paragraphs


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\x85", "\u2028"])
@pytest.mark.parametrize("blank", ["", " ", "\t", "\u00a0", "\u3000", "\u200b", "---", "* * *"])
def test_paragraphs_are_parted_by_lines_that_show_nothing(line_break: str, blank: str) -> None:
    text = line_break.join(["One.", "Still one.", blank, "Two.", "", ""])
    assert paragraphs(text) == ["One.\nStill one.", "Two."]
    assert lines(text) == ["One.", "Still one.", *({blank} & {"---", "* * *"}), "Two."]


def test_a_paragraph_separator_parts_paragraphs_alone() -> None:
    assert paragraphs("One.\u2029Two.") == ["One.", "Two."]


@pytest.mark.parametrize("text", ["", "\n\n", " \r\n\u200b\n"])
def test_a_text_that_shows_nothing_has_none(text: str) -> None:
    assert lines(text) == paragraphs(text) == []


def test_the_line_breaks_are_those_of_splitlines() -> None:
    assert all(f"a{line_break}b".splitlines() == ["a", "b"] for line_break in LINE_BREAKS)
    everything = "".join(map(chr, range(0x3000)))
    assert len(everything.splitlines()) == len(LINE_BREAKS) + 1


@given(st.text())
def test_every_line_with_a_word_is_in_one_paragraph(text: str) -> None:
    kept = [line for part in paragraphs(text) for line in part.split("\n")]
    assert [line for line in kept if any(map(str.isalnum, line))] == [
        line for line in lines(text) if any(map(str.isalnum, line))
    ]
