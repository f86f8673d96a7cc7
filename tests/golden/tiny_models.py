"""Random models whose weights are the same on every machine, for goldens of families that are not at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from transformers import AutoModelForCausalLM

from tests.tokenizers import character_tokenizer

__all__ = ["TINY_MODELS", "save_model"]

SIZE: dict[str, Any] = {
    "vocab_size": 128,
    "hidden_size": 48,
    "intermediate_size": 64,
    "max_position_embeddings": 8192,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 12,
    "num_hidden_layers": 4,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "tie_word_embeddings": False,
}

TINY_MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "tiny-gemma3": (
        "Gemma3TextConfig",
        {
            "sliding_window": 64,
            "layer_types": ["sliding_attention", "full_attention"] * 2,
            "query_pre_attn_scalar": 12,
        },
    ),
    "tiny-qwen3": ("Qwen3Config", {}),
}
"""Name → configuration class and what differs from ``SIZE``: windows in every other layer, and normalised queries."""


def save_model(name: str, folder: Path) -> Path:
    """Save a random model with a tokenizer of characters; return its folder."""
    config_class, settings = TINY_MODELS[name]
    config = getattr(transformers, config_class)(**{**SIZE, **settings})
    model: Any = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    # torch draws other numbers on other processors; numpy does not.
    numbers = np.random.default_rng(7)
    with torch.no_grad():
        for _, weight in sorted(model.named_parameters()):
            size = tuple(weight.shape)
            drawn = numbers.normal(0, 0.25, size) if weight.dim() > 1 else numbers.uniform(0.5, 1.5, size)
            weight.copy_(torch.from_numpy(drawn))
    model.save_pretrained(folder / name)
    character_tokenizer().save_pretrained(folder / name)
    return folder / name
