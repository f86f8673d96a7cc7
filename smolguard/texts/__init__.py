"""What prompts and replies are made of: YAML beside this file."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

__all__ = ["load_base_replies", "load_texts"]


@cache
def load_texts(name: str) -> dict[str, Any]:
    """Return one YAML file of this folder, e.g. ``families``."""
    text = files("smolguard.texts").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


@cache
def load_base_replies() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return (question, sentences of the stock model's reply) pairs, from ``python -m smolguard.base_replies``."""
    lines = files("smolguard.texts").joinpath("base_replies.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple((row["question"], tuple(row["sentences"])) for row in map(json.loads, lines))
