"""A long last turn is fed in blocks of queries; the blocks change nothing."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from kvguard_policies import RaggedCache, attention, cache_argument, compress, load, prefill, ragged_attention
from tests.models import random_ids, random_model


@pytest.mark.parametrize("layout", ["llama-two-kv-heads-of-three", "gemma3-sliding"])
@pytest.mark.parametrize("kernel", ["sdpa", "eager"])
def test_attention_in_blocks_of_queries_is_attention_in_one_call(
    layout: str, kernel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, policy = random_model(layout), load("adakv(knorm)")
    cache = compress(prefill(model, random_ids(20), kernel=kernel), policy, Fraction("0.4"))
    logits = []
    for block in (512, 7):
        monkeypatch.setattr(attention, "QUERY_BLOCK", block)
        with torch.no_grad(), ragged_attention(model):
            fed = torch.tensor([random_ids(30, 3)])
            positions = torch.arange(20, 50)[None]
            out = model(fed, **cache_argument(model, RaggedCache.of([cache], kernel)), position_ids=positions)
        logits.append(out.logits)
    torch.testing.assert_close(logits[0], logits[1], atol=1e-4, rtol=1e-4)
