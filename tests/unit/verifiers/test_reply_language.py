"""language, and the detection it shares with IFEval's checks."""

from __future__ import annotations

import random

import pytest

from pytest_kvguard.verifiers.language_detection import UNDETECTABLE, detect_language, languages
from pytest_kvguard.verifiers.table import rule, verify

TEXTS = {
    "de": "Der Laden öffnet jeden Morgen um neun und schließt am Abend.",
    "en": "The shop opens every morning at nine and closes in the evening.",
    "fr": "La boutique ouvre tous les matins à neuf heures et ferme le soir.",
    "ja": "この店は毎朝九時に開きます。",
    "zh-cn": "商店每天早上九点开门，晚上关门。",
}


@pytest.mark.parametrize("code", TEXTS)
def test_a_reply_in_the_language_holds_and_one_in_another_does_not(code: str) -> None:
    assert verify("language", code, TEXTS[code]).holds
    other = next(text for name, text in TEXTS.items() if name != code)
    check = verify("language", code, other)
    assert not check.holds
    assert check.observed == f"language {detect_language(other)}"


def test_a_language_without_its_region_takes_every_region() -> None:
    assert verify("language", "zh", TEXTS["zh-cn"]).holds
    assert not verify("language", "zh-tw", TEXTS["zh-cn"]).holds


@pytest.mark.parametrize("reply", ["12345", "?", "!!!", "https://example.org"])
def test_a_reply_in_no_language_holds_in_none(reply: str) -> None:
    assert detect_language(reply) == UNDETECTABLE
    assert verify("language", "en", reply).observed == "language not detectable"
    assert not verify("language", "en", reply).holds


def test_an_ambiguous_text_gets_the_same_answer_every_time_whatever_the_random_state() -> None:
    answers = set()
    for seed in range(10):
        random.seed(seed)
        detect_language.cache_clear()
        answers.add(detect_language("ok hotel taxi"))
    assert len(answers) == 1


def test_the_librarys_own_seed_is_left_alone() -> None:
    from langdetect import DetectorFactory

    before = DetectorFactory.seed
    detect_language.cache_clear()
    detect_language(TEXTS["en"])
    assert DetectorFactory.seed == before


def test_a_language_that_cannot_be_detected_is_a_problem_before_any_run() -> None:
    problem = rule("language").problem("xx")
    assert problem is not None
    assert problem.startswith("'xx' is not a language that can be detected. Allowed: af, ar, bg, ")
    assert rule("language").problem("zh") is None
    assert set(TEXTS) < set(languages())
