"""Whether a reply in the making may stop, asked of the tokens it has so far."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from pytest_kvguard.early_verdict import Watch
from pytest_kvguard.engine.reply_text import reply_text

__all__ = ["stop_test", "writes_forwards"]

_BYTE = re.compile(r"<0x[0-9A-F]{2}>")
_FORWARD = frozenset({"ByteLevel", "ByteFallback", "Fuse", "Metaspace", "Replace", "Sequence", "Strip"})
"""Decoders that write token after token and leave what they wrote as it is."""


def stop_test(tokenizer: Any, stop_ids: frozenset[int], watch: Watch | None) -> Callable[[Sequence[int]], bool] | None:
    """Return a function of the generated ids that says whether all is decided; None where that is not to be asked.

    Args:
        tokenizer: the model's; one that goes back on what it wrote is not asked.
        stop_ids: ids that are no part of the text.
        watch: what reads the reply; None where it is wanted whole.
    """
    if watch is None or not writes_forwards(tokenizer):
        return None

    def is_decided(generated: Sequence[int]) -> bool:
        return watch.is_decided(_settled_text(tokenizer, generated, stop_ids))

    return is_decided


def writes_forwards(tokenizer: Any) -> bool:
    """Whether the text of some tokens is the beginning of the text of more, but for a character's missing bytes."""
    decoder = getattr(getattr(tokenizer, "backend_tokenizer", None), "decoder", None)
    if decoder is None or getattr(tokenizer, "clean_up_tokenization_spaces", False):
        return False
    return all(_is_forward(part) for part in _parts(json.loads(decoder.__getstate__())))


def _parts(state: dict[str, Any]) -> list[dict[str, Any]]:
    return [state, *(inner for part in state.get("decoders", ()) for inner in _parts(part))]


def _is_forward(part: dict[str, Any]) -> bool:
    return part["type"] in _FORWARD and not part.get("stop", 0)


def _settled_text(tokenizer: Any, ids: Sequence[int], stop_ids: frozenset[int]) -> str:
    """Return the text of tokens, without bytes at its end that may yet become another character."""
    end = len(ids)
    while end and _BYTE.fullmatch(str(tokenizer.convert_ids_to_tokens(ids[end - 1]))):
        end -= 1
    return reply_text(tokenizer, ids[:end], stop_ids).rstrip("\ufffd")
