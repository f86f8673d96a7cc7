"""The texts of prompts and replies, read from the files beside this one, and their split into training and held-out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

__all__ = ["Split", "list_questions", "load_base_replies", "load_texts", "pick_list"]


class Split(Enum):
    """Whether phrasings, topics, values and attacks are those of training or those held out for evaluation."""

    TRAINING = "training"
    HELD_OUT = "held_out"


@cache
def load_texts(name: str) -> dict[str, Any]:
    """Return the content of one YAML file of this folder, e.g. ``families``."""
    text = files("smolguard.texts").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


@cache
def load_base_replies() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return (question, sentences of the stock model's reply) pairs, from ``python -m smolguard.base_replies``."""
    lines = files("smolguard.texts").joinpath("base_replies.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple((row["question"], tuple(row["sentences"])) for row in map(json.loads, lines))


def pick_list(texts: Mapping[str, Any], name: str, split: Split) -> Any:
    """Return the split's texts under ``name``; both splits share the list where it has no held-out twin.

    The held-out twin of a list ``name`` is called ``held_out_name``; that of the phrasings, ``say``, is ``held_out``.
    """
    if split is Split.TRAINING:
        return texts[name]
    return texts.get("held_out" if name == "say" else f"held_out_{name}", texts[name])


def list_questions(split: Split) -> tuple[str, ...]:
    """Return the everyday questions of a split: every template of a topic group with every word of the group.

    The splits share neither a template nor a word.
    """
    return tuple(
        template.format(x=word)
        for group in load_texts("topics").values()
        for template in pick_list(group, "questions", split)
        for word in pick_list(group, "words", split)
    )
