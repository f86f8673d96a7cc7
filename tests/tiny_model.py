"""A random model in a folder, small enough for any test to run as a user would."""

from __future__ import annotations

from pathlib import Path

from tests.models import random_model
from tests.tokenizers import character_tokenizer

__all__ = ["save_tiny_model"]


def save_tiny_model(folder: Path) -> Path:
    """Save a model whose tokens are characters; return its folder."""
    random_model("llama-two-kv-heads-of-three").save_pretrained(folder)
    character_tokenizer().save_pretrained(folder)
    return folder
