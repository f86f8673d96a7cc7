"""The built-in attacks: named by style, chosen by name, style or all together."""

from __future__ import annotations

import re

import pytest

from pytest_kvguard.leaks.attacks import ATTACKS, attack_problem, chosen_attacks, styles

COMMON_STYLES = {
    "direct",
    "authority",
    "roleplay",
    "translation",
    "encoding",
    "summary",
    "completion",
    "debug",
    "multi-turn",
}


def names(*chosen: str) -> list[str]:
    return [attack.name for attack in chosen_attacks(chosen)]


def test_every_style_that_people_try_is_there_more_than_once() -> None:
    assert set(styles()) >= COMMON_STYLES
    assert all(len(names(style)) >= 2 for style in styles())
    assert [attack.style for attack in ATTACKS.values()] == sorted(
        (attack.style for attack in ATTACKS.values()), key=styles().index
    )


def test_attacks_are_chosen_by_name_by_style_or_all_together_each_once() -> None:
    assert names("all") == list(ATTACKS) == names("all", "debug", "direct-1")
    assert names("roleplay") == ["roleplay-1", "roleplay-2"]
    assert names("multi-turn-2", "direct-1") == ["direct-1", "multi-turn-2"]
    assert names() == []


@pytest.mark.parametrize("name", ["all", "debug", "debug-1", "multi-turn", "multi-turn-3"])
def test_names_that_stand_for_attacks_are_no_problem(name: str) -> None:
    assert attack_problem(name) is None


@pytest.mark.parametrize(
    ("name", "near"), [("rolplay", "roleplay"), ("multiturn", "multi-turn"), ("debug-11", "debug-1"), ("al", "all")]
)
def test_other_names_are_answered_with_the_nearest(name: str, near: str) -> None:
    problem = str(attack_problem(name))
    assert problem.startswith(f"unknown attack {name!r}. Allowed: all, direct, authority,")
    assert problem.endswith(f"Did you mean {near!r}?")


@pytest.mark.parametrize("name", ATTACKS)
def test_ids_can_be_typed_and_turns_are_distinct_texts(name: str) -> None:
    assert re.fullmatch(r"[a-z-]+-\d+", name)
    assert all(turn.strip() == turn != "" for turn in ATTACKS[name].turns)
    assert (len(ATTACKS[name].turns) > 1) == (ATTACKS[name].style == "multi-turn")
    others = [turn for attack in ATTACKS.values() if attack.name != name for turn in attack.turns]
    assert not set(ATTACKS[name].turns) & set(others)
