"""Reads chat completions."""

from __future__ import annotations

import json
from typing import Any
from zlib import crc32

from pytest_kvguard.values.distances import TokenLogprobs
from pytest_kvguard.values.results import Reply

__all__ = ["MalformedAnswer", "read_completion"]

SHOWN_CHARACTERS = 200


class MalformedAnswer(Exception):
    """An answer that is not a chat completion; the message describes it."""


def read_completion(body: bytes) -> Reply:
    """Return the reply in the body of an answer.

    Token ids are those that the server sends with its logprobs. Where it sends none, checksums of the tokens' texts, or
    else of the whole reply, stand in for them: equal texts have equal ids, so that a golden notices a change.

    Raises:
        MalformedAnswer: the body is truncated, is not JSON, or lacks the text or the number of tokens.
    """
    try:
        answer = json.loads(body)
        choice = answer["choices"][0]
        message, sent = choice["message"], (choice.get("logprobs") or {}).get("content") or []
        text = message["content"] if message.get("content") is not None else message.get("refusal")
        logprobs: TokenLogprobs = tuple((str(token["token"]), float(token["logprob"])) for token in sent)
        ids = tuple(token["id"] for token in sent if isinstance(token.get("id"), int))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        shown = body[:SHOWN_CHARACTERS].decode(errors="replace")
        raise MalformedAnswer(f"{shown!r} ({len(body)} bytes), which is no chat completion") from None
    if not isinstance(text, str):
        raise MalformedAnswer(f"no text: its content is {text!r}")
    count = len(logprobs) or _count(answer)
    if not ids or len(ids) != count:
        ids = tuple(_number(token) for token, _ in logprobs) or (_number(text),) * count
    return Reply(text, ids, "length" if choice.get("finish_reason") == "length" else "stop", logprobs)


def _number(text: str) -> int:
    """Return a checksum of a text as a number of 31 bits."""
    return crc32(text.encode()) & 0x7FFFFFFF


def _count(answer: Any) -> int:
    usage = answer.get("usage")
    count = usage.get("completion_tokens") if isinstance(usage, dict) else None
    if not isinstance(count, int) or count < 0:
        raise MalformedAnswer("neither usage.completion_tokens nor logprobs, so that its length is not known")
    return count
