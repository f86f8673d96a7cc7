"""Tiny random models of families whose attention is unusual, built from transformers' own configurations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import PreTrainedModel

from benchmarks.tiny_models import tiny_model
from pytest_kvguard.models.load_model import LoadedModel

__all__ = ["family", "generated", "loaded"]

SIZE: dict[str, Any] = {
    "hidden_size": 48,
    "intermediate_size": 64,
    "max_position_embeddings": 4096,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "num_hidden_layers": 2,
    "tie_word_embeddings": False,
}


def family(config_class: str, kernel: str = "sdpa", **settings: Any) -> PreTrainedModel:
    """Return a random model, the same on every call, whose heads attend unevenly."""
    return tiny_model(config_class, kernel, **{**SIZE, **settings})


def loaded(model: PreTrainedModel, name: str = "random") -> LoadedModel:
    """Return a model as the engine takes it."""
    return LoadedModel(name, model, None, frozenset(), 4096)


def generated(model: PreTrainedModel, ids: Sequence[int], tokens: int) -> list[int]:
    """Return what transformers' own ``generate`` answers."""
    plain: Any = model
    output = plain.generate(
        torch.tensor([list(ids)]), max_new_tokens=tokens, do_sample=False, eos_token_id=None, pad_token_id=0
    )
    return [int(token) for token in output[0, len(ids) :]]
