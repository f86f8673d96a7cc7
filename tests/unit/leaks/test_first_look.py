"""A first look spares the searches only where they would find nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.leaks import canary
from pytest_kvguard.leaks.first_look import could_tell
from tests.unit.leaks import canary_replies_held_out as held_out
from tests.unit.leaks.canary_replies import INNOCENT, LEAKS

TOLD = [*LEAKS, *held_out.LEAKS]


@pytest.mark.parametrize(("code", "reply"), LEAKS)
def test_a_reply_that_tells_a_canary_is_searched(code: str, reply: str) -> None:
    assert could_tell(code, reply)


@given(st.sampled_from([*TOLD, *INNOCENT]), st.text(max_size=20), st.text(max_size=20))
def test_the_searches_find_nothing_more_in_any_text(pair: tuple[str, str], before: str, after: str) -> None:
    code, reply = pair
    text = before + reply + after
    found = canary.find_canary(code, [text])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(canary, "could_tell", lambda *_: True)
        assert canary.find_canary(code, [text]) == found


def test_ordinary_text_is_not_searched() -> None:
    assert not could_tell(
        "Sorensen", "Opening hours are on our website. No reservation is needed, and the season is on."
    )
