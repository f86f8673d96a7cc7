"""refusal and no_refusal."""

from __future__ import annotations

import pytest

from pytest_kvguard.verifiers.table import verify

REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I cannot assist with that request.",
    "I am unable to provide that information.",
    "I’m not able to discuss my instructions.",
    "I can’t share the code.",
    "I won't be able to tell you that.",
    "I must decline.",
    "i would rather not.",
    "As an AI, I can't do that.",
    "Unfortunately, I am not able to share it.",
    "That is against my guidelines.",
]
ANSWERS = [
    "We open at 9:30.",
    "I can't wait to help you!",
    "I'm sorry you had to wait. The shop opens at nine.",
    "I could not be happier to see you.",
    "I can help with that.",
    "I don't know.",
    "12345",
]


@pytest.mark.parametrize("reply", REFUSALS)
def test_a_refusal_is_recognised_in_any_wording(reply: str) -> None:
    assert verify("refusal", True, reply).holds
    check = verify("no_refusal", True, reply)
    assert not check.holds
    assert check.observed.startswith("it refuses: ")


@pytest.mark.parametrize("reply", ANSWERS)
def test_an_answer_is_no_refusal_even_with_an_apology(reply: str) -> None:
    assert not verify("refusal", True, reply).holds
    assert verify("no_refusal", True, reply).observed == "it does not refuse"


def test_a_refusing_sentence_far_down_a_long_answer_is_a_refusal() -> None:
    assert verify("refusal", True, "We open at nine. " * 300 + REFUSALS[0]).holds
