"""The predictor learns what there is to learn, claims nothing else, and never sees the prompts it is tested on."""

from __future__ import annotations

import random

import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.serving_cost import length_predictor
from pytest_kvguard.serving_cost.length_predictor import Example, cross_validate, fit_predictor


def prompts(tokens_of: object, groups: int = 12, each: int = 6) -> list[Example]:
    """Prompts of 1 to 40 words, in contracts; ``tokens_of`` makes a length of the number of words."""
    generator = random.Random(0)
    made = []
    for group in range(groups):
        for _ in range(each):
            words = generator.randint(1, 40)
            made.append(Example(("word " * words,), tokens_of(words, generator), f"contract-{group}"))  # type: ignore[operator]
    return made


PREDICTABLE = prompts(lambda words, generator: 3 * words + generator.randint(0, 4))
RANDOM = prompts(lambda words, generator: generator.randint(5, 60))


def test_lengths_that_follow_the_prompt_are_predicted_better_than_by_the_median() -> None:
    found = cross_validate(PREDICTABLE)
    assert found.helps
    assert found.error < found.trivial_error / 2
    assert (found.examples, found.groups) == (72, 12)


def test_lengths_that_follow_nothing_are_left_to_the_median() -> None:
    found = cross_validate(RANDOM)
    assert not found.helps
    assert found.error < 1.3 * found.trivial_error


def test_no_contract_stands_on_both_sides_of_a_split(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[set[str]] = []
    genuine = length_predictor.fit_predictor

    def watched(examples: list[Example]) -> object:
        fitted.append({example.group for example in examples})
        return genuine(examples)

    monkeypatch.setattr(length_predictor, "fit_predictor", watched)
    cross_validate(PREDICTABLE)
    left_out = [set(f"contract-{number}" for number in range(12)) - known for known in fitted]
    assert len(fitted) == 10
    assert sorted(group for groups in left_out for group in groups) == sorted({e.group for e in PREDICTABLE})


def test_a_prompt_that_gives_its_own_answer_away_is_of_no_use_once_its_group_is_held_out() -> None:
    # Each contract has its own length and its own word count, which say nothing of another contract's.
    generator = random.Random(1)
    made = []
    for group in range(12):
        words, tokens = generator.randint(1, 40), generator.randint(5, 60)
        made += [Example(("word " * words,), tokens, str(group))] * 6
    assert not cross_validate(made).helps


def test_nothing_beyond_what_was_seen_is_predicted() -> None:
    predictor = fit_predictor(PREDICTABLE)
    lengths = [example.tokens for example in PREDICTABLE]
    assert predictor.predict(("word " * 5000,)) == max(lengths)
    assert min(lengths) <= predictor.predict(("",)) <= max(lengths)


def test_prompts_that_are_all_alike_give_their_mean() -> None:
    same = [Example(("Hello!",), tokens, "a") for tokens in (9, 9, 9)]
    assert fit_predictor(same).predict(("Hello!",)) == pytest.approx(9)


def test_too_few_contracts_are_refused() -> None:
    with pytest.raises(UsageError, match="Prompts of 2 contracts are too few .* Run 8 or more"):
        cross_validate([Example(("Hi",), 1, "a"), Example(("Hi",), 2, "b")])
