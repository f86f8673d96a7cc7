"""The selection of a user's policy is checked before anything is evicted."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from kvguard_policies import LayerRecord, Policy, PolicyError, Scores, compress, load, prefill
from tests.models import random_ids, random_model


@dataclass(frozen=True)
class Stubborn(Policy):
    """Selects the given indices at any budget."""

    name: ClassVar[str] = "stubborn"
    indices: tuple[int, ...] = ()
    heads: int = 2

    def score(self, layer: LayerRecord) -> Scores:
        return Scores(torch.zeros(layer.positions.shape), torch.zeros(layer.positions.shape, dtype=torch.int8))

    def select(self, scores: Scores, budgets: Tensor, layer: LayerRecord) -> tuple[Tensor, ...]:
        return (torch.tensor(self.indices),) * self.heads


@pytest.mark.parametrize(
    ("indices", "heads", "complaint"),
    [
        ((0, 0, 0, 0, 0), 2, "entries of head 0 are not one or more ascending, distinct indices below 10"),
        ((4, 3, 2, 1, 0), 2, "entries of head 0 are not"),
        ((6, 7, 8, 9, 10), 2, "entries of head 0 are not"),
        ((-1, 0, 1, 2, 3), 2, "entries of head 0 are not"),
        ((), 2, "entries of head 0 are not"),
        ((0, 1, 2, 3, 4), 1, "it selected entries for 1 heads of 2"),
        ((0, 1, 2, 3, 4, 5), 2, "it kept 12 entries; the budget is 10"),
        ((0, 1), 2, "it kept 4 entries; the budget is 10"),
    ],
)
def test_invalid_indices_are_refused(indices: tuple[int, ...], heads: int, complaint: str) -> None:
    record = prefill(random_model("mistral"), random_ids(10))
    with pytest.raises(PolicyError, match=complaint):
        compress(record, Stubborn(indices, heads), Fraction("0.5"))


def test_a_ratio_given_as_a_float_is_the_one_that_was_written() -> None:
    record = prefill(random_model("mistral"), random_ids(100))
    assert compress(record, load("knorm"), 0.9).layers[0].counts == (10, 10)
