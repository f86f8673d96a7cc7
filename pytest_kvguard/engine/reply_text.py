"""The text of a reply's tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["reply_text"]


def reply_text(tokenizer: Any, token_ids: Sequence[int], stop_ids: frozenset[int]) -> str:
    """Return the text of the tokens, without stop tokens and special tokens."""
    ids = [token for token in token_ids if token not in stop_ids]
    return str(tokenizer.decode(ids, skip_special_tokens=True))
