"""Conversations packed beside each other learn exactly what each would learn alone."""

from __future__ import annotations

from random import Random

import pytest
import torch

from smolguard.packing import ROW_TOKENS, PackedRow, draw_rows, stack_rows
from tests.models import random_model
from tests.unit.smolguard.letters import Letters


def two_branches() -> PackedRow:
    row = PackedRow()
    row.extend([5, 6, 7], 0, 0, [False] * 3)
    row.extend([8, 9], 1, 3, [False, True])
    row.extend([10, 11, 12], 2, 3, [False, True, True])
    return row


def test_a_branch_sees_the_context_and_itself_but_no_other_branch() -> None:
    _, positions, visible, learned = stack_rows([two_branches()])
    assert positions[0, :8].tolist() == [0, 1, 2, 3, 4, 3, 4, 5]
    seen = [visible[0, 0, token].nonzero().flatten().tolist() for token in range(8)]
    assert seen[2] == [0, 1, 2] and seen[4] == [0, 1, 2, 3, 4] and seen[7] == [0, 1, 2, 5, 6, 7]
    assert learned[0].nonzero().flatten().tolist() == [4, 6, 7]
    assert bool(visible[0, 0].any(-1).all()), "a padded token attends to something, or its softmax is undefined"


def test_packed_logits_are_those_of_the_conversation_alone() -> None:
    model = random_model("llama-two-kv-heads-of-three")
    ids, positions, visible, _ = stack_rows([two_branches()])
    mask = torch.zeros(visible.shape).masked_fill_(~visible, torch.finfo(torch.float32).min)
    with torch.no_grad():
        packed = model(input_ids=ids, attention_mask=mask, position_ids=positions).logits[0, 5:8]
        alone = model(input_ids=torch.tensor([[5, 6, 7, 10, 11, 12]])).logits[0, 3:]
    torch.testing.assert_close(packed, alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_drawn_rows_fit_and_each_has_replies_to_learn(seed: int) -> None:
    tokenizer = Letters()
    rows = draw_rows(tokenizer, Random(seed), 4)  # type: ignore[arg-type]
    assert len(rows) == 4
    for row in rows:
        assert len(row.ids) == len(row.branches) == len(row.positions) == len(row.learned) <= ROW_TOKENS
        replies = tokenizer.decode([token for token, learned in zip(row.ids, row.learned, strict=True) if learned])
        assert replies.endswith("<|im_end|>") and "<|im_start|>" not in replies


def test_beside_a_forbidden_secret_often_stands_the_same_prompt_without_the_rule() -> None:
    tokenizer = Letters()
    rows = draw_rows(tokenizer, Random(0), 120)  # type: ignore[arg-type]
    contexts = [
        tokenizer.decode([token for token, branch in zip(row.ids, row.branches, strict=True) if branch == 0])
        for row in rows
    ]
    pairs = zip(contexts, contexts[1:], strict=False)
    twins = [(first, second) for first, second in pairs if len(second) < len(first) and second[:60] == first[:60]]
    assert len(twins) >= 5
