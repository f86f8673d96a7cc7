"""bullets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.verifiers.table import verify

THREE = "Sure:\n- one\n* two\n  • three\nDone."


@pytest.mark.parametrize(
    ("value", "holds"),
    [(3, True), (2, False), (4, False), ({"min": 2}, True), ({"max": 2}, False), ({"min": 1, "max": 3}, True)],
)
def test_bulleted_lines_are_counted(value: object, holds: bool) -> None:
    assert verify("bullets", value, THREE).holds is holds


@pytest.mark.parametrize(
    "reply",
    [
        "1. one\n2. two",
        "1) one\n(a) two",
        "a - b - c",
        "**bold** start",
        "*emphasis*",
        "-5 degrees",
        "—and so on",
        "---",
        "* * *",
        "● ● ●",
        "– – –",
        "- ",
        "•",
        "text\n-\n",
        "```yaml\n- one\n- two\n```",
        "a ● b",
    ],
)
def test_what_only_looks_like_a_bullet_is_not_counted(reply: str) -> None:
    assert verify("bullets", 0, reply).holds


@pytest.mark.parametrize("marker", list("-*+•‣◦▪–—●○·■□◆►➤✓☐★→🔹✅・―"))
def test_usual_markers_count(marker: str) -> None:
    assert verify("bullets", 1, f"{marker} **item**").holds


@pytest.mark.parametrize("marker", list("•●○■・✓") + ["▪\ufe0f"])
def test_a_dot_needs_no_space_behind_it(marker: str) -> None:
    assert verify("bullets", 2, f"{marker}一\n{marker}二").holds


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u2028"])
def test_bullets_are_counted_after_any_line_break(line_break: str) -> None:
    assert verify("bullets", 3, line_break.join(["- one", "\u3000· two", "> - three", "done"])).holds


def test_fenced_code_is_left_out_and_a_fenced_reply_is_not() -> None:
    assert verify("bullets", 1, "- one\n```\n- code\n```").holds
    assert verify("bullets", 2, "~~~\n- code\n```\n~~~\n- one\n```inline```\n- two").holds
    assert verify("bullets", 2, "```markdown\n- one\n- two\n```").holds


def test_nested_bullets_tasks_and_pictures_count() -> None:
    assert verify("bullets", 4, "- one\n    - within\n- [ ] task\n- 😊").holds


def test_the_check_gives_both_numbers() -> None:
    check = verify("bullets", {"min": 4, "max": 5}, THREE)
    assert (check.expected, check.observed) == ("4 to 5 bullets", "3 bullets")


def test_a_blank_reply_is_not_a_list_of_no_bullets() -> None:
    assert verify("bullets", 0, "").observed == "the reply is blank"
    assert not verify("bullets", {"max": 3}, "\n").holds


@given(st.lists(st.text(alphabet="abc xyz,.", min_size=1).filter(str.strip), min_size=1, max_size=12))
def test_a_rendered_list_is_counted_back(items: list[str]) -> None:
    items = [f"w{item}" for item in items]
    assert verify("bullets", len(items), "\n".join(f"- {item}" for item in items)).holds
