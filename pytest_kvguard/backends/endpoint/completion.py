"""Reads chat completions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from pytest_kvguard.backends.endpoint.message import whole_text
from pytest_kvguard.backends.endpoint.unusable import SHOWN_CHARACTERS, MalformedAnswer, UnusableCompletion, shown
from pytest_kvguard.external.json_text import read_json
from pytest_kvguard.values.distances import TokenLogprobs
from pytest_kvguard.values.results import Reply

__all__ = ["FINISH_REASONS", "MalformedAnswer", "UnusableCompletion", "read_completion"]

MOST_TOKEN_ID = 2**31 - 1
"""Goldens hold token ids as int32."""

ROUNDING = 0.01
"""How far above 0 a server may round the logarithm of a probability of 1."""

FINISH_REASONS: Mapping[str, str] = {
    "stop": "",
    "length": "",
    "content_filter": "a filter withheld the reply or a part of it. Turn the server's content filter off",
    "error": "the server broke off while generating. Check its log",
    "tool_calls": "",
    "function_call": "",
}
"""Finish reason → why a completion that ends with it is no reply, and the remedy; empty for one that is a reply."""


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
    _refuse_what_was_not_asked_for(answer)
    _refuse_what_is_no_reply(choice, message)
    text = whole_text(message, is_cut_off=choice.get("finish_reason") == "length")
    _refuse_surrogates(text, "its content")
    logprobs, ids = _tokens(choice)
    most = max(max_tokens, len(text.encode()))
    if len(logprobs) > most:
        raise UnusableCompletion(f"{len(logprobs)} logprobs for a reply that has at most {most} tokens")
    count = len(logprobs) or _count(answer, text, most)
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
        said = body[:SHOWN_CHARACTERS].decode(errors="replace")
        raise MalformedAnswer(f"{said!r} ({len(body)} bytes), which is no chat completion")
    return parts


def _refuse_what_was_not_asked_for(answer: Mapping[str, Any]) -> None:
    """Raise ``UnusableCompletion`` for several replies, of which none is the one to judge, or an error beside one."""
    if len(answer["choices"]) > 1:
        raise UnusableCompletion(f"{len(answer['choices'])} choices where one was asked for. Set its n to 1")
    if answer.get("error"):
        raise UnusableCompletion(f"a completion and an error at once: {shown(answer['error'])}. Check its log")


def _refuse_what_is_no_reply(choice: Mapping[str, Any], message: Mapping[str, Any]) -> None:
    """Raise ``UnusableCompletion`` for a completion that holds no reply, or not the whole of it."""
    reason = choice.get("finish_reason")
    why = FINISH_REASONS.get(reason, "") if isinstance(reason, str) else ""
    if reason in ("tool_calls", "function_call") and not (message.get("tool_calls") or message.get("function_call")):
        why = "it has no tool call. Check the server's tool-call parser"
    if why:
        raise UnusableCompletion(f"a completion with the finish reason {shown(reason)}, which is no reply: {why}")


def _stopped(choice: Mapping[str, Any]) -> str:
    """Return how a reply ended: ``stop`` or ``length``."""
    reason = choice.get("finish_reason")
    if isinstance(reason, str) and reason in FINISH_REASONS:
        return "length" if reason == "length" else "stop"
    raise UnusableCompletion(
        f"a completion with the finish reason {shown(reason)}, so that it is not known whether it is a whole reply. "
        f"Known are {', '.join(FINISH_REASONS)}"
    )


def _tokens(choice: Mapping[str, Any]) -> tuple[TokenLogprobs, tuple[int, ...]]:
    """Return the logprobs of a reply's tokens and the ids that the server tells; empty where it tells none."""
    logprobs = choice.get("logprobs") or {}
    listed = (logprobs.get("content") if isinstance(logprobs, dict) else logprobs) or []
    if not isinstance(listed, list) or not all(isinstance(token, dict) for token in listed):
        raise UnusableCompletion(f"logprobs that are no list of tokens: {shown(listed)}")
    ids = tuple(token["id"] for token in listed if _is_token_id(token.get("id")))
    return tuple(map(_logprob, listed)), ids


def _logprob(token: Mapping[str, Any]) -> tuple[str, float]:
    text: Any = token.get("token")
    value: Any = token.get("logprob")
    if not isinstance(text, str):
        raise UnusableCompletion(f"a token whose text is {shown(text)}")
    _refuse_surrogates(text, "a token")
    if not _is_finite(value):
        raise UnusableCompletion(
            f"{shown(value)} as the logprob of the token {text!r}; a logprob is a finite number. Check the model's "
            "weights and the server's numeric type"
        )
    if value > ROUNDING:
        raise UnusableCompletion(f"{shown(value)} as the logprob of the token {text!r}; no logprob is above 0")
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


def _count(answer: Mapping[str, Any], text: str, most: int) -> int:
    """Return the number of tokens that an answer claims, if that can be.

    A server may ignore the cap, but a text has no more tokens than bytes, and an empty one none but special tokens.

    Args:
        answer: the answer.
        text: of the reply.
        most: the cap, or the number of bytes if that is more.
    """
    usage = answer.get("usage")
    count = usage.get("completion_tokens") if isinstance(usage, dict) else None
    if count is None:
        raise UnusableCompletion("neither usage.completion_tokens nor logprobs, so that its length is not known")
    if not isinstance(count, int) or isinstance(count, bool) or not bool(text) <= count <= most:
        raise UnusableCompletion(
            f"{shown(count)} as usage.completion_tokens of a reply of {len(text.encode())} bytes; allowed are whole "
            f"numbers from {int(bool(text))} to {most}"
        )
    return count
