"""No reply, however odd, keeps a check busy: rows of 64,000 signs are judged in time by every rule."""

from __future__ import annotations

import time

import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.verifiers.table import BUILT_IN, verify

CHARACTERS = 64_000
LIMIT_SECONDS = 10.0
"""Processor time. The slowest check takes 2 s; one of quadratic time, 2.4 s at 16,000 signs, takes 38 s."""

EXAMPLES = {name: member.example for name, member in sorted(BUILT_IN.items()) if name not in ("python", "judge")}
PIECES = (
    *"*_#`[({\"'\n ->|<aA1,.!?é\\&。」",
    *("* ", "*a", "\n* ", "- ", "```\n", "[a]", "| ", "<<a", "1,", "1e", "9:", "a.\n", ".)"),
    *("? ", " a.", "f(x=", '{"a":'),
    *("Dr. ", "z. B. ", "1. ", "我是", "。", "ครับ ", "e\u0301", "🇩🇪", "👨\u200d"),
    *("_", "a/", "a@b.", "x://", "`a", "- - ", "● "),
)  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_long_row_of_signs_is_judged_in_time(name: str) -> None:
    verify(name, EXAMPLES[name], "a reply. (imports)", "a reply")
    slow = {}
    for piece in PIECES:
        reply = (piece * CHARACTERS)[:CHARACTERS] + "a"
        start = time.process_time()
        try:
            verify(name, EXAMPLES[name], reply, "we open at nine")
        except UsageError as error:
            assert "ran longer than" in str(error)
        if time.process_time() - start > LIMIT_SECONDS:
            slow[piece] = time.process_time() - start
    assert not slow


IFEVAL = {
    "detectable_format:number_bullet_lists": {"num_bullets": 3},
    "detectable_format:title": {},
    "detectable_format:number_highlighted_sections": {"num_highlights": 1},
    "length_constraints:number_paragraphs": {"num_paragraphs": 2},
}


@pytest.mark.parametrize("mode", ["strict", "loose"])
@pytest.mark.parametrize("name", IFEVAL)
def test_a_long_row_of_signs_is_judged_in_time_by_the_patterns_of_ifeval(name: str, mode: str) -> None:
    for piece in (*PIECES, "<<a>", "\n\n*"):
        start = time.process_time()
        verify("ifeval", {"id": name, **IFEVAL[name], "mode": mode}, (piece * CHARACTERS)[:CHARACTERS] + "a")
        assert time.process_time() - start < LIMIT_SECONDS, piece
