"""Draws: equal for equal seeds, prompts and positions, within the nucleus, and distributed as the model predicts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
import torch

from pytest_kvguard.engine.sampling import Sampling, draw_token

LOGITS = torch.tensor([1.0, 3.0, 2.0, -1.0])
DRAW = Sampling(temperature=1.0, top_p=1.0, stream="5:prompt")


def draws(sampling: Sampling, logits: torch.Tensor = LOGITS, count: int = 2000) -> Counter[int]:
    return Counter(draw_token(logits, sampling, position) for position in range(count))


def test_a_draw_is_repeated_exactly() -> None:
    assert [draw_token(LOGITS, DRAW, position) for position in range(50)] == [
        draw_token(LOGITS.clone(), replace(DRAW), position) for position in range(50)
    ]


@pytest.mark.parametrize("stream", ["6:prompt", "5:another prompt"])
def test_another_seed_or_prompt_draws_differently(stream: str) -> None:
    other = replace(DRAW, stream=stream)
    assert [DRAW.uniform(n) for n in range(5)] != [other.uniform(n) for n in range(5)]
    assert len({DRAW.uniform(n) for n in range(1000)}) == 1000


def test_draws_are_uniform() -> None:
    values = [DRAW.uniform(n) for n in range(4000)]
    assert 0 <= min(values) < 0.01 and 0.99 < max(values) < 1
    assert all(abs(sum(value < bound for value in values) / 4000 - bound) < 0.03 for bound in (0.1, 0.5, 0.9))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_tokens_are_drawn_with_the_probabilities_of_the_model(temperature: float) -> None:
    counts = draws(replace(DRAW, temperature=temperature))
    expected = torch.softmax(LOGITS / temperature, -1)
    assert all(abs(counts[token] / 2000 - float(expected[token])) < 0.04 for token in range(4))


def test_a_low_temperature_is_nearly_greedy() -> None:
    assert set(draws(replace(DRAW, temperature=0.01), count=200)) == {1}


@pytest.mark.parametrize(
    ("top_p", "nucleus"), [(0.01, {1}), (0.6, {1}), (0.7, {1, 2}), (0.95, {0, 1, 2}), (1.0, {0, 1, 2, 3})]
)
def test_tokens_are_drawn_from_the_nucleus_alone(top_p: float, nucleus: set[int]) -> None:
    # The probabilities are 0.66, 0.24, 0.09 and 0.01, of tokens 1, 2, 0 and 3.
    assert set(draws(replace(DRAW, top_p=top_p))) == nucleus


def test_arms_with_nearly_equal_distributions_nearly_always_draw_the_same_token() -> None:
    nearby = LOGITS + torch.tensor([0.01, -0.01, 0.005, 0.0])
    same = sum(draw_token(LOGITS, DRAW, n) == draw_token(nearby, DRAW, n) for n in range(1000))
    assert same > 980


def test_equal_probabilities_are_ordered_by_id() -> None:
    level = torch.zeros(4)
    assert all(draw_token(level, DRAW, n) == int(DRAW.uniform(n) * 4) for n in range(200))
