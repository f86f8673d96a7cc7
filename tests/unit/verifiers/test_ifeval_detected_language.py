"""The language that IFEval's checks see."""

from __future__ import annotations

import random

import pytest

from pytest_kvguard.verifiers.ifeval.detected_language import UNDETECTABLE, detect_language


@pytest.mark.parametrize("reply", ["12345", "?", "!!!", "https://example.org"])
def test_a_reply_in_no_language_cannot_be_detected(reply: str) -> None:
    assert detect_language(reply) == UNDETECTABLE


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
    detect_language("The shop opens every morning at nine.")
    assert DetectorFactory.seed == before
