"""Reads chat completions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from pytest_kvguard.external.json_text import read_json
from pytest_kvguard.values.distances import TokenLogprobs
from pytest_kvguard.values.results import Reply

__all__ = ["FINISH_REASONS", "MalformedAnswer", "UnusableCompletion", "read_completion"]

SHOWN_CHARACTERS = 200
MOST_TOKEN_ID = 2**31 - 1
"""Goldens hold token ids as int32."""

FINISH_REASONS: Mapping[str, str] = {
    "stop": "",
    "length": "",
    "content_filter": "a filter withheld the reply or a part of it. Turn the server's content filter off",
    "error": "the server broke off while generating. Check its log",
    "tool_calls": "the server took the reply apart into tool calls. Start it without its tool-call parser, so that the "
    "reply stays text",
    "function_call": "the server took the reply apart into a function call. Start it without its tool-call parser, so "
    "that the reply stays text",
}
"""Finish reason → why a completion that ends with it is no reply, and the remedy; empty for one that is a reply."""


class MalformedAnswer(Exception):
    """An answer that is not a chat completion; the message describes it. The same request may succeed later."""


class UnusableCompletion(MalformedAnswer):
    """A chat completion that is no reply to judge; it concerns one conversation alone, and a retry does not help."""


def read_completion(body: bytes, max_tokens: int) -> Reply:
    """Return the reply in the body of an answer.

    Token ids are those that the server sends with its logprobs. Where it sends none, checksums of the tokens' texts, or
    else of the whole reply, stand in for them: equal texts have equal ids, so that a golden notices a change.

    Args:
        body: the body of the answer.
        max_tokens: the cap that the request set on the reply.

    Raises:
        MalformedAnswer: truncated, or no chat completion.
        UnusableCompletion: its finish reason says that it is no reply, its text or its numbers are no such thing, or
            it does not say how many tokens it has.
    """
    answer, choice, message = _parts(body)
    _refuse_what_is_no_reply(choice, message)
    text = _text(message)
    logprobs, ids = _tokens(choice)
    count = len(logprobs) or _count(answer, text, max_tokens)
    if not ids or len(ids) != count:
        ids = tuple(_number(token) for token, _ in logprobs) or (_number(text),) * count
    return Reply(text, ids, _stopped(choice), logprobs)


def _parts(body: bytes) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return an answer, its first choice and that choice's message."""
    try:
        answer = read_json(body)
        choice = answer["choices"][0]
        parts = answer, choice, choice["message"]
    except (ValueError, KeyError, IndexError, TypeError):
        parts = (None, None, None)
    if not all(isinstance(part, dict) for part in parts):
        shown = body[:SHOWN_CHARACTERS].decode(errors="replace")
        raise MalformedAnswer(f"{shown!r} ({len(body)} bytes), which is no chat completion")
    return parts


def _refuse_what_is_no_reply(choice: Mapping[str, Any], message: Mapping[str, Any]) -> None:
    """Raise ``UnusableCompletion`` for a completion that holds no reply, or not the whole of it."""
    reason = choice.get("finish_reason")
    why = FINISH_REASONS.get(reason, "") if isinstance(reason, str) else ""
    if why := why or _taken_apart(message):
        raise UnusableCompletion(f"a completion with the finish reason {_shown(reason)}, which is no reply: {why}")


def _stopped(choice: Mapping[str, Any]) -> str:
    """Return how a reply ended: ``stop`` or ``length``."""
    reason = choice.get("finish_reason")
    if isinstance(reason, str) and reason in FINISH_REASONS:
        return reason
    raise UnusableCompletion(
        f"a completion with the finish reason {_shown(reason)}, so that it is not known whether it is a whole reply. "
        f"Known are {', '.join(FINISH_REASONS)}"
    )


def _taken_apart(message: Mapping[str, Any]) -> str:
    """Return why a message of which the server moved the content elsewhere is no reply; empty for a whole message."""
    for key in ("tool_calls", "function_call"):
        if message.get(key):
            return FINISH_REASONS[key]
    if not message.get("content") and (message.get("reasoning_content") or message.get("reasoning")):
        return "it has reasoning and no content. Switch reasoning off, or raise generate.max_new_tokens"
    return ""


def _text(message: Mapping[str, Any]) -> str:
    text = message["content"] if message.get("content") is not None else message.get("refusal")
    if not isinstance(text, str):
        raise UnusableCompletion(f"no text: its content is {_shown(text)}")
    _refuse_surrogates(text, "its content")
    return text


def _tokens(choice: Mapping[str, Any]) -> tuple[TokenLogprobs, tuple[int, ...]]:
    """Return the logprobs of a reply's tokens and the ids that the server tells; empty where it tells none."""
    logprobs = choice.get("logprobs") or {}
    listed = (logprobs.get("content") if isinstance(logprobs, dict) else logprobs) or []
    if not isinstance(listed, list) or not all(isinstance(token, dict) for token in listed):
        raise UnusableCompletion(f"logprobs that are no list of tokens: {_shown(listed)}")
    ids = tuple(token["id"] for token in listed if _is_token_id(token.get("id")))
    return tuple(map(_logprob, listed)), ids


def _logprob(token: Mapping[str, Any]) -> tuple[str, float]:
    text: Any = token.get("token")
    value: Any = token.get("logprob")
    if not isinstance(text, str):
        raise UnusableCompletion(f"a token whose text is {_shown(text)}")
    _refuse_surrogates(text, "a token")
    if not _is_finite(value):
        raise UnusableCompletion(
            f"{_shown(value)} as the logprob of the token {text!r}; a logprob is a finite number. Check the model's "
            "weights and the server's numeric type"
        )
    return text, float(value)


def _is_finite(value: Any) -> bool:
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number that no float holds
        return False


def _is_token_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKEN_ID


def _refuse_surrogates(text: str, what: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UnusableCompletion(f"half a character in {what}: {text[error.start]!r}, which is no text") from None


def _number(text: str) -> int:
    """Return a checksum of a text as a number of 31 bits."""
    return crc32(text.encode()) & MOST_TOKEN_ID


def _count(answer: Mapping[str, Any], text: str, max_tokens: int) -> int:
    """Return the number of tokens that an answer claims, if that can be.

    A server may ignore the cap, but a text has no more tokens than bytes, and an empty one none but special tokens.
    """
    usage = answer.get("usage")
    count = usage.get("completion_tokens") if isinstance(usage, dict) else None
    if count is None:
        raise UnusableCompletion("neither usage.completion_tokens nor logprobs, so that its length is not known")
    most = max(max_tokens, len(text.encode()))
    if not isinstance(count, int) or isinstance(count, bool) or not bool(text) <= count <= most:
        raise UnusableCompletion(
            f"{_shown(count)} as usage.completion_tokens of a reply of {len(text.encode())} bytes; allowed are whole "
            f"numbers from {int(bool(text))} to {most}"
        )
    return count


def _shown(value: object) -> str:
    """Return a value of a server as it may stand on a screen, cut off."""
    shown = repr(value)
    return shown if len(shown) <= SHOWN_CHARACTERS else f"{shown[:SHOWN_CHARACTERS]}…"
