"""A tokenizer of words, so that tests of packing need no download."""

from __future__ import annotations

import re


class Letters:
    """A tokenizer that gives every word and every gap an id of its own, in order of appearance."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def __call__(self, text: str, add_special_tokens: bool) -> dict[str, list[int]]:
        return {"input_ids": [self._id(word) for word in re.findall(r"<\|\w+\|>|\w+|\W", text)]}

    def _id(self, word: str) -> int:
        if word not in self.words:
            self.words.append(word)
        return self.words.index(word)

    def decode(self, ids: list[int]) -> str:
        return "".join(self.words[i] for i in ids)
