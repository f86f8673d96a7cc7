"""The text of a reply's tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_kvguard.text.reply_markers import REPLY_MARKERS

__all__ = ["reply_text"]


def reply_text(tokenizer: Any, token_ids: Sequence[int], stop_ids: frozenset[int]) -> str:
    """Return the text of the tokens, without stop tokens and special tokens.

    Special tokens that mark thinking or a tool call are kept: without them nobody could tell these from the answer.
    """
    ids = [token for token in token_ids if token not in stop_ids]
    special = set(getattr(tokenizer, "all_special_ids", ()))
    marking = {token for token in special.intersection(ids) if tokenizer.convert_ids_to_tokens(token) in REPLY_MARKERS}
    if not marking:
        return str(tokenizer.decode(ids, skip_special_tokens=True))
    kept = [token for token in ids if token in marking or token not in special]
    return str(tokenizer.decode(kept, skip_special_tokens=False))
