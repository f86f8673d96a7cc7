"""Fenced blocks as models write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.text.fences import fences


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("no fence, `code` and ``code``", []),
        ("```py\nx\n```", [("py", "x")]),
        ("~~~\nx\n```\ny\n~~~", [("", "x\n```\ny")]),
        ("````\n```\nx\n```\n````", [("", "```\nx\n```")]),
        ("```json {}```", [("json", "{}")]),
        ("```{}```", [("", "{}")]),
        ("```\r\nx\r\n```\r\n", [("", "x")]),
        ("So:\n  ```JSON\n  x\n  ```\nand ```\ny\n```", [("json", "  x"), ("", "y")]),
        ("```\nx", [("", "x")]),
        ("```a\nx```\nmore", [("a", "x")]),
    ],
)
def test_blocks_are_read_with_their_language(text: str, blocks: list[tuple[str, str]]) -> None:
    found = [(fence.tag, fence.body.rstrip(" ")) for fence in fences(text)]
    assert found == blocks


@given(st.text(alphabet="`~\n\r a{}"))
def test_blocks_never_overlap(text: str) -> None:
    stop = 0
    for fence in fences(text):
        assert stop <= fence.start < fence.stop <= len(text)
        stop = fence.stop
