"""Small random models of every supported family and head layout; they load in milliseconds and need no download."""

from __future__ import annotations

import torch
from transformers import (
    AutoModelForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    MistralConfig,
    Phi3Config,
    PreTrainedModel,
    Qwen2Config,
    Qwen3Config,
)

VOCABULARY = 211

_SIZE = {
    "vocab_size": VOCABULARY,
    "hidden_size": 48,
    "intermediate_size": 64,
    "max_position_embeddings": 4096,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "tie_word_embeddings": False,
}

LAYOUTS = {
    "llama-no-gqa": (LlamaConfig, {"num_attention_heads": 4, "num_key_value_heads": 4}),
    "llama-two-kv-heads-of-three": (LlamaConfig, {"num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 16}),
    "qwen2-one-kv-head": (Qwen2Config, {"num_attention_heads": 4, "num_key_value_heads": 1}),
    "qwen3-three-kv-heads-of-two": (
        Qwen3Config,
        {"num_attention_heads": 6, "num_key_value_heads": 3, "head_dim": 16},
    ),
    "mistral": (MistralConfig, {"num_attention_heads": 4, "num_key_value_heads": 2, "sliding_window": None}),
    "phi3": (Phi3Config, {"num_attention_heads": 4, "num_key_value_heads": 2, "sliding_window": None}),
    "gemma3-sliding": (
        Gemma3TextConfig,
        {
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 16,
            "query_pre_attn_scalar": 16,
            "sliding_window": 8,
            "layer_types": ["sliding_attention", "full_attention", "sliding_attention", "full_attention"],
        },
    ),
}


def random_model(layout: str, layers: int = 2, dtype: torch.dtype = torch.float32) -> PreTrainedModel:
    """Return a random model, the same on every call; attention is not uniform, norms differ."""
    config_class, heads = LAYOUTS[layout]
    layers = len(heads["layer_types"]) if "layer_types" in heads else layers
    config = config_class(**_SIZE, **heads, num_hidden_layers=layers)
    torch.manual_seed(7)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa")
    for weight in model.parameters():
        if weight.dim() > 1:
            torch.nn.init.normal_(weight, std=0.25)
        else:
            torch.nn.init.uniform_(weight, 0.5, 1.5)
    return model.to(dtype).eval()


def random_ids(tokens: int, seed: int = 0) -> list[int]:
    """Return token ids without the special ones; none repeats while the vocabulary lasts, so that norms do not tie."""
    generator = torch.Generator().manual_seed(seed)
    rounds = -(-tokens // (VOCABULARY - 3))
    return torch.cat([3 + torch.randperm(VOCABULARY - 3, generator=generator) for _ in range(rounds)])[:tokens].tolist()
