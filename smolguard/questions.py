"""Everyday questions: every template of a group with every word of it."""

from __future__ import annotations

from smolguard.splits import Split, pick_list
from smolguard.texts import load_texts

__all__ = ["list_questions"]


def list_questions(split: Split) -> tuple[str, ...]:
    """Return every question of a split; the splits share neither a template nor a word."""
    return tuple(
        template.format(x=word)
        for group in load_texts("topics").values()
        for template in pick_list(group, "questions", split)
        for word in pick_list(group, "words", split)
    )
