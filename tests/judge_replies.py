"""Answers of a judge, for ``tests.chat_server``."""

from __future__ import annotations

import json


def completion(content: object) -> tuple[int, bytes]:
    """Return a well-formed completion with this content."""
    return 200, json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()


def says(holds: bool, reason: str = "because") -> tuple[int, bytes]:
    """Return a completion that gives this verdict."""
    return completion(json.dumps({"holds": holds, "reason": reason}))
