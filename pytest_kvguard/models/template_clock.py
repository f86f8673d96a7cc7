"""What chat templates read from the clock, e.g. today's date: a reply may be reused only while it reads the same.

Imports no torch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from mmap import ACCESS_READ, mmap
from pathlib import Path

__all__ = ["clock_formats", "clock_formats_of_files", "read_clock"]

NAME = "strftime_now"
"""The one function of transformers' chat templates that reads the clock."""

CALL = re.compile(NAME + r"""\(\s*\\?(["'])([^"'\\{}]*)\\?\1\s*\)""")
GUARD = re.compile(NAME + r"\s+is\s+(?:not\s+)?defined")

MAY_HOLD_TEMPLATES = ("chat_template", "tokenizer_config", "processor")
"""Beginnings of the names of files that hold chat templates."""

GGUF_HEAD_BYTES = 64 << 20
"""A GGUF file holds its template before its weights, after the vocabulary."""

AROUND = 4096


def clock_formats(templates: Iterable[str]) -> tuple[str, ...] | None:
    """Return the formats in which templates read the clock; None if they cannot be told from the text."""
    formats: set[str] = set()
    for text in templates:
        calls = CALL.findall(text)
        if len(calls) + len(GUARD.findall(text)) < text.count(NAME):
            return None
        formats.update(written for _, written in calls)
    return tuple(sorted(formats))


def clock_formats_of_files(paths: Iterable[Path]) -> tuple[str, ...] | None:
    """Return the formats in which the templates in a model's files read the clock; see ``clock_formats``.

    Raises:
        OSError: a file cannot be read.
    """
    return clock_formats(text for path in paths for text in _templates(path))


def _templates(path: Path) -> list[str]:
    if path.suffix == ".gguf":
        return _around_calls(path)
    is_settings = path.suffix in (".json", ".jinja") and path.name.startswith(MAY_HOLD_TEMPLATES)
    return [path.read_text(encoding="utf-8", errors="replace")] if is_settings else []


def _around_calls(path: Path) -> list[str]:
    """Return the text around each reading of the clock in the head of a GGUF file, cut so that none counts twice."""
    texts = []
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        end = min(len(content), GGUF_HEAD_BYTES)
        place = content.find(NAME.encode(), 0, end)
        while place >= 0:
            following = content.find(NAME.encode(), place + 1, end)
            last = min(place + AROUND, end if following < 0 else following)
            texts.append(content[place:last].decode("utf-8", errors="replace"))
            place = following
    return texts


def read_clock(formats: Iterable[str]) -> list[str]:
    """Return what templates read from the clock now."""
    now = datetime.now()  # noqa: DTZ005 - as transformers reads it, in local time
    return [now.strftime(written) for written in formats]
