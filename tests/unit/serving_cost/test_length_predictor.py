"""The predictor learns lengths that follow the prompt, claims no gain otherwise, and is tested on unseen contracts."""

from __future__ import annotations

import random

import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.serving_cost import length_predictor
from pytest_kvguard.serving_cost.length_predictor import Example, cross_validate, fit_predictor


def prompts(tokens_of: object, contracts: int = 12, each: int = 6) -> list[Example]:
    """Return prompts of 1 to 40 words, in contracts; ``tokens_of`` maps the number of words to a reply length."""
    generator = random.Random(0)
    examples = []
    for number in range(contracts):
        for _ in range(each):
            words = generator.randint(1, 40)
            tokens = tokens_of(words, generator)  # type: ignore[operator]
            examples.append(Example(("word " * words,), tokens, f"contract-{number}"))
    return examples


PREDICTABLE = prompts(lambda words, generator: 3 * words + generator.randint(0, 4))
RANDOM = prompts(lambda words, generator: generator.randint(5, 60))


def test_lengths_that_follow_the_prompt_are_predicted_better_than_by_the_median() -> None:
    validation = cross_validate(PREDICTABLE)
    assert validation.helps
    assert validation.error < validation.trivial_error / 2
    assert (validation.examples, validation.contracts) == (72, 12)


def test_lengths_that_follow_nothing_are_left_to_the_median() -> None:
    validation = cross_validate(RANDOM)
    assert not validation.helps
    assert validation.error < 1.3 * validation.trivial_error


def test_no_contract_stands_on_both_sides_of_a_split(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[set[str]] = []
    genuine = length_predictor.fit_predictor

    def watched(examples: list[Example]) -> object:
        fitted.append({example.contract for example in examples})
        return genuine(examples)

    monkeypatch.setattr(length_predictor, "fit_predictor", watched)
    cross_validate(PREDICTABLE)
    left_out = [set(f"contract-{number}" for number in range(12)) - known for known in fitted]
    assert len(fitted) == 10
    assert sorted(name for names in left_out for name in names) == sorted({e.contract for e in PREDICTABLE})


def test_a_prompt_that_gives_its_own_answer_away_is_of_no_use_once_its_contract_is_held_out() -> None:
    # Each contract has its own length and its own word count, which say nothing of another contract's.
    generator = random.Random(1)
    examples = []
    for number in range(12):
        words, tokens = generator.randint(1, 40), generator.randint(5, 60)
        examples += [Example(("word " * words,), tokens, str(number))] * 6
    assert not cross_validate(examples).helps


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
