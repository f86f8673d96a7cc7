"""Training rows: a system prompt, read once, and several conversations under it side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from pytest_kvguard.evaluation.compare_runs import check_arm
from pytest_kvguard.values.results import Arm, Reply
from smolguard.prompts import DrawnConversation, DrawnPrompt, draw_prompt
from smolguard.texts import Split

__all__ = ["ROW_TOKENS", "PackedRow", "draw_rows", "obeys", "stack_rows"]

ROW_TOKENS = 320
LONGEST_CONTEXT = 240
TRIES = 8
TWIN_SHARE = 0.6


@dataclass
class PackedRow:
    """A row of a training batch.

    Attributes:
        ids: token ids, the context first, then each conversation.
        branches: per token, 0 for the context, or the number of its conversation, from 1.
        positions: per token, its position; every conversation continues at the end of the context.
        learned: per token, whether it is part of a reply.
    """

    ids: list[int] = field(default_factory=list)
    branches: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    learned: list[bool] = field(default_factory=list)

    def extend(self, ids: Sequence[int], branch: int, start: int, learned: Sequence[bool]) -> None:
        """Append tokens of one branch at the positions from ``start`` on."""
        self.ids.extend(ids)
        self.branches.extend([branch] * len(ids))
        self.positions.extend(range(start, start + len(ids)))
        self.learned.extend(learned)


def obeys(prompt: DrawnPrompt, number: int, replies: Sequence[str]) -> bool:
    """Return whether replies pass every check that applies to the prompt's conversation of this number."""
    contract = prompt.contract
    probe = contract.probes[number]
    arm = Arm(tuple(Reply(text, (), "stop") for text in replies))
    return all(check.holds for part in contract.checked(probe.id) for check in check_arm(part, probe, arm))


def _gold(prompt: DrawnPrompt, number: int, rng: Random) -> tuple[str, ...] | None:
    """Return replies that the guard's own verifiers accept, or None if a few tries yield none."""
    for _ in range(TRIES):
        replies = prompt.gold_replies(prompt.conversations[number], rng)
        if obeys(prompt, number, replies):
            return replies
    return None


def _encode(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _branch(
    tokenizer: PreTrainedTokenizerBase, conversation: DrawnConversation, replies: Sequence[str]
) -> tuple[list[int], list[bool]]:
    ids: list[int] = []
    learned: list[bool] = []
    for turn, reply in zip(conversation.turns, replies, strict=True):
        question = _encode(tokenizer, f"<|im_start|>user\n{turn}<|im_end|>\n<|im_start|>assistant\n")
        answer = _encode(tokenizer, f"{reply}<|im_end|>")
        gap = _encode(tokenizer, "\n")
        ids += question + answer + gap
        learned += [False] * len(question) + [True] * len(answer) + [False] * len(gap)
    return ids, learned


def _fill(row: PackedRow, tokenizer: PreTrainedTokenizerBase, prompt: DrawnPrompt, rng: Random) -> None:
    system = prompt.contract.system_text(prompt.contract.written_order)
    context = _encode(tokenizer, f"<|im_start|>system\n{system}<|im_end|>\n")
    if len(context) > LONGEST_CONTEXT:
        return
    row.extend(context, 0, 0, [False] * len(context))
    order = rng.sample(range(len(prompt.conversations)), len(prompt.conversations))
    for branch, number in enumerate(sorted(order, key=lambda i: prompt.conversations[i].kind == "talk"), start=1):
        replies = _gold(prompt, number, rng)
        if replies is None:
            continue
        ids, learned = _branch(tokenizer, prompt.conversations[number], replies)
        if len(row.ids) + len(ids) <= ROW_TOKENS:
            row.extend(ids, branch, len(context), learned)


def draw_rows(tokenizer: PreTrainedTokenizerBase, rng: Random, count: int) -> list[PackedRow]:
    """Return rows of fresh training prompts, each with at least one reply to learn.

    A prompt with a forbidden secret or a defence is often followed by its twin without the rule, so that the rule alone
    decides.
    """
    rows: list[PackedRow] = []
    while len(rows) < count:
        prompt = draw_prompt(rng, Split.TRAINING)
        for each in (prompt, *(_twin(prompt) if rng.random() < TWIN_SHARE else ())):
            row = PackedRow()
            _fill(row, tokenizer, each, rng)
            rows += [row] if any(row.learned) else []
    return rows[:count]


def _twin(prompt: DrawnPrompt) -> tuple[DrawnPrompt, ...]:
    ruled = any(secret.ruled for secret in prompt.secrets.values())
    if prompt.defended and not ruled:
        return (prompt.without_defence(),)
    return (prompt.without_rule(),) if "secret" in prompt.secrets and prompt.secrets["secret"].ruled else ()


def _columns(rows: Sequence[PackedRow], name: str, fill: int) -> Tensor:
    lists: Iterator[list[int]] = (getattr(row, name) for row in rows)
    return torch.tensor([[*values, *[fill] * (ROW_TOKENS - len(values))] for values in lists])


def stack_rows(rows: Sequence[PackedRow]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return ids and positions (B, T) int64, the attention mask (B, 1, T, T) bool, and learned (B, T) bool."""
    ids, positions = _columns(rows, "ids", 0), _columns(rows, "positions", 0)
    branches, learned = _columns(rows, "branches", -1), _columns(rows, "learned", 0).bool()
    keys, queries = branches[:, None, :], branches[:, :, None]
    visible = ((keys == 0) & (queries >= 0)) | (keys == queries)
    causal = torch.ones(ROW_TOKENS, ROW_TOKENS, dtype=torch.bool).tril()
    return ids, positions, (visible & causal)[:, None], learned
