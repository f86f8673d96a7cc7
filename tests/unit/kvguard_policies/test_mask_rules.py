"""The rule of a mask is tried out once per kind, and again wherever it could have changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from transformers.masking_utils import (
    and_masks,
    causal_mask_function,
    chunked_causal_mask_function,
    sliding_window_causal_mask_function,
)

from kvguard_policies import mask_rules
from kvguard_policies.mask_rules import Chunk, MaskRule, mask_rule


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Return a list that receives every function that is tried out."""
    functions: list[object] = []
    try_out = mask_rules._tried_rule
    monkeypatch.setattr(mask_rules, "_tried_rule", lambda *given: functions.append(given[0]) or try_out(*given))
    mask_rules._known_rule.cache_clear()
    yield functions
    mask_rules._known_rule.cache_clear()


def test_a_mask_that_every_call_makes_anew_is_tried_out_once(tried: list[object]) -> None:
    for _ in range(3):
        assert mask_rule(mask_function=causal_mask_function) is None
        assert mask_rule(mask_function=sliding_window_causal_mask_function(8), local_size=8) == MaskRule(8)
    assert len(tried) == 2


def test_masks_of_other_sizes_are_other_masks(tried: list[object]) -> None:
    sizes = (8, 9, 8, 10)
    rules = [mask_rule(mask_function=sliding_window_causal_mask_function(n), local_size=n) for n in sizes]
    assert rules == [MaskRule(n) for n in sizes] and len(tried) == 3


def test_masks_that_hold_tensors_or_are_a_models_own_are_tried_out_every_time(tried: list[object]) -> None:
    seen = torch.tensor([False])

    def own(batch: torch.Tensor, head: torch.Tensor, query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
        return (key <= query) | seen

    for sees_ahead in (False, True):
        chunked = chunked_causal_mask_function(4, torch.tensor([0]))
        assert mask_rule(mask_function=chunked, local_size=4) == MaskRule(Chunk(4))
        seen.fill_(sees_ahead)
        assert (mask_rule(mask_function=and_masks(own)) is None) is not sees_ahead
    assert len(tried) == 4
