"""The progress line: the share of steps done, and the time left."""

from __future__ import annotations

import pytest

from pytest_kvguard.plugin import progress
from pytest_kvguard.plugin.progress import Stage


@pytest.mark.parametrize(
    ("done", "seconds", "line"),
    [
        (0, 5, "kvguard decode:   0% (0/40)"),
        (10, 30, "kvguard decode:  25% (10/40), 0:01:30 left"),
        (40, 120, "kvguard decode: 100% (40/40)"),
    ],
)
def test_a_stage_shows_its_progress_and_the_time_left(
    done: int, seconds: float, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress.time, "monotonic", lambda: 100.0 + seconds)
    assert Stage("decode", 40, 0, begun=100.0).line(done) == line


def test_steps_done_before_the_stage_began_do_not_count_for_its_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress.time, "monotonic", lambda: 110.0)
    assert Stage("decode", 40, 20, begun=100.0).line(30) == "kvguard decode:  75% (30/40), 0:00:10 left"


def test_a_stage_without_steps_is_complete() -> None:
    assert Stage("prefill", 0, 0).line(0) == "kvguard prefill: 100% (0/0)"
