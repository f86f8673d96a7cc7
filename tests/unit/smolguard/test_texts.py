"""There are enough texts to draw prompts from, and no held-out text is a training text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from pytest_kvguard.verifiers.table import verify
from smolguard.formats import FORMATS, format_checks
from smolguard.texts import Split, list_questions, load_base_replies, load_texts, pick_list


def held_out_pairs(texts: Mapping[str, Any], where: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield every list or map with its held-out twin, at any depth."""
    for name, value in texts.items():
        twin = "held_out" if name == "say" else f"held_out_{name}"
        if twin in texts:
            yield f"{where}.{name}", value, texts[twin]
        if isinstance(value, Mapping):
            yield from held_out_pairs(value, f"{where}.{name}")


PAIRS = [
    pair for name in ("families", "secrets", "settings", "topics") for pair in held_out_pairs(load_texts(name), name)
]


@pytest.mark.parametrize(("where", "training", "held_out"), PAIRS, ids=[where for where, _, _ in PAIRS])
def test_no_held_out_text_is_a_training_text(where: str, training: Any, held_out: Any) -> None:
    if where == "families.bullets.values":
        return  # both splits say "two bullets"; only the phrasing around it is held out
    if where == "families.sentences.values":
        return
    seen, unseen = (sorted(map(str, texts)) for texts in (training, held_out))
    assert unseen and not set(seen) & set(unseen)


def test_questions_of_the_two_splits_share_neither_words_nor_templates() -> None:
    training, held_out = (set(list_questions(split)) for split in (Split.TRAINING, Split.HELD_OUT))
    assert len(training) > 500 and len(held_out) > 80
    assert not training & held_out


def test_facts_of_the_two_splits_are_different_facts() -> None:
    facts = load_texts("facts")
    sayings = [{saying for fact in facts[name] for saying in fact["say"]} for name in ("train", "held_out")]
    assert not sayings[0] & sayings[1]


def test_there_are_ten_families_of_format_and_six_unseen_styles_of_attack() -> None:
    assert len(FORMATS) >= 10
    assert len(load_texts("secrets")["held_out_attacks"]) >= 6


@pytest.mark.parametrize("family", FORMATS)
def test_every_rule_of_format_is_said_in_many_ways_and_fails_on_junk(family: str) -> None:
    texts = load_texts("families")[family]
    assert len(texts["say"]) >= 6 and len(texts["held_out"]) >= 3
    value = texts.get("values", [None])[0]
    junk = "No. Nothing in this Line, not a single thing obeys"
    assert not all(verify(rule, expected, junk).holds for rule, expected in format_checks(family, value))


@pytest.mark.parametrize("split", Split)
def test_both_splits_have_attacks_and_rules(split: Split) -> None:
    assert pick_list(load_texts("secrets"), "attacks", split) and pick_list(load_texts("secrets"), "rules", split)


def test_the_base_models_replies_are_whole_plain_sentences() -> None:
    replies = load_base_replies()
    assert len(replies) > 400
    assert all(sentence[0].isupper() and sentence[-1] in ".!?" for _, sentences in replies for sentence in sentences)
