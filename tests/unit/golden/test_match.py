"""Turns are compared if they have the same prompt; another prompt after equal replies is a difference itself."""

from __future__ import annotations

from dataclasses import replace

from pytest_kvguard.golden.compare import compare, compare_levels
from pytest_kvguard.golden.match import match_recordings
from pytest_kvguard.golden.recording import Recording, kept_mask, record_arm
from pytest_kvguard.values.results import Arm, CacheReport, KeepRate, PromptTokens, Reply
from pytest_kvguard.values.traces import TurnTrace
from tests.recordings import ELSEWHERE, KEPT, recording, turn


def test_another_prompt_is_located_at_its_first_other_token() -> None:
    now = turn(prompt_ids=(100, 100, *range(101, 110)), pieces=("<s>", "<s>"), owners=(None, None))
    difference = compare(recording(), recording(now))
    assert (difference.level, difference.where) == ("prompt", "talk, prompt token 1 '<s>'")
    assert difference.detail == "the prompt differs (10 tokens recorded, 11 now)"


def test_nothing_of_a_turn_with_another_prompt_is_compared() -> None:
    now = recording(turn(prompt_ids=(1, 2), kept=None, token_ids=(5,)))
    assert [r.outcome for r in compare_levels(recording(), now).results][1:] == ["absent"] * 5 + ["same"]


def test_a_turn_after_another_reply_is_not_compared() -> None:
    second = turn(prompt_ids=tuple(range(200, 215)))
    recorded = recording(turn(), second)
    now = recording(turn(token_ids=(4, 3)), turn(prompt_ids=tuple(range(300, 315))))
    match = match_recordings(recorded, now)
    assert [pair.name for pair in match.pairs] == ["talk, turn 1"]
    assert match.changed == ()
    assert compare(recorded, now).level == "tokens"


def test_a_conversation_that_one_side_lacks_is_a_difference() -> None:
    both = Recording({"talk": (turn(),), "more": (turn(),)}, {"hours": "HELD"}, recording().environment)
    assert compare(recording(), both).detail == "this conversation was not recorded"
    assert compare(both, recording()).detail == "this conversation was recorded and is no longer run"
    assert compare(recording(), recording(turn(), turn())).detail == "recorded with 1 turns, now 2"


def test_changes_of_the_environment_are_listed() -> None:
    difference = compare(recording(), recording(turn(token_ids=(2, 7)), environment=ELSEWHERE))
    assert [str(change) for change in difference.changes] == ["torch 2.13 → 2.14"]
    assert str(difference).startswith("tokens differs: talk, reply token 0: recorded id 4, now id 2")


def trace() -> TurnTrace:
    return TurnTrace((5, 6, 7, 8, 9, 10, 11, 12, 13), 20, 1280, KEPT)


def test_every_turn_of_a_traced_arm_is_recorded() -> None:
    replies = Reply("hello", (1, 2), "stop"), Reply("at nine", (3,), "stop")
    arm = Arm(replies, prompt=PromptTokens(("a", "b"), (None, "hours")), traces=(trace(), trace()))
    first, second = record_arm(arm)
    assert (first.token_ids, first.text, first.prompt_ids) == ((1, 2), "hello", trace().prompt_ids)
    assert second.kept.shape == (2, 2, 9)
    assert second.kept[0, 1].nonzero()[0].tolist() == [0, 3, 4, 5, 7]
    assert second.token_name(1) == "token 1 'b' of hours"
    assert first.token_name(1) == second.token_name(7)[:-1] + "1" == "token 1"


def test_the_figures_of_every_turn_and_the_keep_rates_of_the_last_are_recorded() -> None:
    replies = Reply("hello", (1, 2), "stop"), Reply("at nine", (3,), "stop")
    traces = replace(trace(), reports={"achieved ratio": 0.25}), replace(trace(), reports={"achieved ratio": 0.5})
    first, second = record_arm(Arm(replies, keep_rates={"hours": KeepRate((0.5, 1.0), 4)}, traces=traces))
    assert first.reports == {"achieved ratio": 0.25}
    assert second.reports == {"achieved ratio": 0.5, "keep rate of hours": 0.75}


def test_an_arm_without_traces_is_recorded_from_its_replies_and_cache_report() -> None:
    replies = Reply("hello", (1, 2), "stop"), Reply("at nine", (3,), "stop")
    first, second = record_arm(Arm(replies, CacheReport("0.5", 40, 20, 2560, 1280), kept=KEPT))
    assert (first.kept, first.entries, first.logits, first.prompt_ids) == (None, None, None, ())
    assert (second.entries, second.cache_bytes, second.kept.shape) == (20, 1280, (2, 2, 8))
    assert (first.reports, second.reports) == ({}, {"achieved ratio": 0.5})
    (bare,) = record_arm(Arm(replies[:1]))
    assert (bare.kept, bare.entries) == (None, None)


def test_heads_may_keep_different_numbers_of_entries() -> None:
    assert kept_mask((((0, 2), (1,)),)).tolist() == [[[True, False, True], [False, True, False]]]
