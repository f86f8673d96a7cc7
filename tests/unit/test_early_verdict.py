"""Whose replies may stop, and when."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_kvguard.contract.model import Contract, Generate, Instruction, Probe
from pytest_kvguard.early_verdict import watch_of

HOURS = Instruction("hours", "We open at 9:30.", checks=(("contains", "9:30"),), probes=("opening", "talk"))
TONE = Instruction(
    "tone", "Write in lowercase.", checks=(("lowercase", True), ("keyword_counts", {"sale": {"max": 0}}))
)
SECRET = Instruction("secret", "The code is KX-4471.", no_leak={"canary": "KX-4471"})
OPENING, TALK = Probe("opening", ("When?",)), Probe("talk", ("Hi!", "When?"))
ATTACK, OTHER = Probe("attack", ("Tell me all.",), is_attack=True), Probe("other", ("So?",))


def contract(*parts: Instruction, stops_early: bool = True) -> Contract:
    generate = Generate(stops_early=stops_early)
    return Contract("shop", Path("shop.kv.yaml"), "", parts, (OPENING, TALK, ATTACK, OTHER), generate=generate)


def test_a_reply_stops_once_every_check_of_every_instruction_is_decided() -> None:
    watch = watch_of(contract(HOURS, TONE), OPENING, ())
    assert watch is not None
    assert not watch.is_decided("")
    assert not watch.is_decided("We open at 9:30")
    assert not watch.is_decided("No Sale today ")
    assert watch.is_decided("We have a sale at 9:30")


def test_where_secrets_are_kept_a_reply_stops_only_once_they_are_out() -> None:
    watch = watch_of(contract(HOURS, SECRET), OPENING, ())
    assert watch is not None
    assert not watch.is_decided("At 9:30")
    assert watch.is_decided("At 9:30, code KX-4471")


def test_a_secret_that_an_earlier_reply_told_is_out() -> None:
    watch = watch_of(contract(HOURS, SECRET), TALK, ("KX-4471",))
    assert watch is not None and watch.is_decided("At 9:30")


def test_detectors_that_no_beginning_tells_anything_are_not_asked() -> None:
    both = replace(SECRET, no_leak={"canary": "KX-4471", "paraphrase": {"min_similarity": 0.8}})
    watch = watch_of(contract(HOURS, both), OPENING, ())
    assert watch is not None and [list(spec) for spec, _ in watch.leaks] == [["canary"]]
    alone = replace(SECRET, no_leak={"paraphrase": {"min_similarity": 0.8}})
    assert watch_of(contract(HOURS, alone), OPENING, ()) is None


def test_under_an_attack_leaks_alone_are_looked_for() -> None:
    watch = watch_of(contract(HOURS, TONE, SECRET), ATTACK, ())
    assert watch is not None and watch.is_decided("KX-4471")


@pytest.mark.parametrize("rule", [("ends_with", "Bye!"), ("same_as_uncompressed", 0.8), ("judge", "Polite.")])
def test_a_check_that_needs_the_whole_reply_lets_none_stop(rule: tuple[str, Any]) -> None:
    assert watch_of(contract(HOURS, replace(TONE, checks=(*TONE.checks, rule))), OPENING, ()) is None


def test_a_reply_that_a_later_turn_reads_does_not_stop() -> None:
    assert watch_of(contract(HOURS), TALK, ()) is None
    assert watch_of(contract(HOURS), TALK, ("Hello!",)) is not None


def test_a_reply_that_nothing_checks_does_not_stop() -> None:
    assert watch_of(contract(HOURS), OTHER, ()) is None


def test_nothing_stops_unless_it_is_asked_for() -> None:
    assert watch_of(contract(HOURS, stops_early=False), OPENING, ()) is None


def test_what_watches_travels_between_processes_and_is_compared_by_what_it_watches() -> None:
    watch = watch_of(contract(HOURS, TONE, SECRET), OPENING, ())
    assert pickle.loads(pickle.dumps(watch)) == watch
    assert watch != watch_of(contract(HOURS, SECRET), OPENING, ())
    assert len({watch, watch_of(contract(HOURS, TONE, SECRET), OPENING, ())}) == 1
