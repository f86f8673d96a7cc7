"""The text of a reply's tokens: special tokens are dropped, but for those that mark thinking and tool calls."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_kvguard.engine.reply_text import reply_text

TOKENS = ["<s>", "</s>", "[THINK]", "[/THINK]", "<|im_start|>", "so", "yes", "<|end|>"]


class Tokenizer:
    all_special_ids = [0, 1, 2, 3, 4, 7]

    def convert_ids_to_tokens(self, token: int) -> str:
        return TOKENS[token]

    def decode(self, ids: Sequence[int], skip_special_tokens: bool) -> str:
        return "".join(TOKENS[token] for token in ids if not (skip_special_tokens and token in self.all_special_ids))


def test_special_tokens_are_dropped() -> None:
    assert reply_text(Tokenizer(), [0, 6, 4, 7, 1], frozenset((1,))) == "yes"


def test_marks_of_thinking_are_kept() -> None:
    assert reply_text(Tokenizer(), [0, 2, 5, 3, 6, 4, 1], frozenset((1,))) == "[THINK]so[/THINK]yes"
