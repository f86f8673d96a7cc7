"""Small random models of every supported family and head layout, built in milliseconds without a download."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

__all__ = [
    "FAMILY_LAYOUTS",
    "HEAD_LAYOUTS",
    "LAYOUTS",
    "VOCABULARY",
    "kernel_for",
    "one_layer_of",
    "random_ids",
    "random_model",
    "random_model_of",
    "with_random_weights",
]

VOCABULARY = 211
SPECIAL_IDS = 3

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

HEAD_LAYOUTS: dict[str, tuple[str, dict[str, Any]]] = {
    "llama-no-gqa": ("LlamaConfig", {"num_attention_heads": 4, "num_key_value_heads": 4}),
    "llama-two-kv-heads-of-three": (
        "LlamaConfig",
        {"num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 16},
    ),
    "qwen2-one-kv-head": ("Qwen2Config", {"num_attention_heads": 4, "num_key_value_heads": 1}),
    "qwen3-three-kv-heads-of-two": (
        "Qwen3Config",
        {"num_attention_heads": 6, "num_key_value_heads": 3, "head_dim": 16},
    ),
    "mistral": ("MistralConfig", {"num_attention_heads": 4, "num_key_value_heads": 2, "sliding_window": None}),
    "phi3": ("Phi3Config", {"num_attention_heads": 4, "num_key_value_heads": 2, "sliding_window": None}),
    "gemma3-sliding": (
        "Gemma3TextConfig",
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
"""By name: the family's configuration class in transformers, and its heads. Qwen3 and Gemma 3 normalise queries and
keys; Gemma 3 has layers with a sliding window."""

_GROUPED: dict[str, Any] = {"num_attention_heads": 4, "num_key_value_heads": 2}
_WIDE = {**_GROUPED, "head_dim": 16}
_ALTERNATING = {**_WIDE, "sliding_window": 8, "layer_types": ["sliding_attention", "full_attention"]}

BORDER = 64
"""The length past which a model rotates all tokens otherwise; contexts of the oracles are shorter and longer."""


def _rope(kind: str, **options: Any) -> dict[str, Any]:
    return {"rope_parameters": {"rope_type": kind, "rope_theta": 10_000.0, **options}}


_FAR = {"factor": 2.0, "original_max_position_embeddings": BORDER}
_FACTORS = {"short_factor": [1 + step / 10 for step in range(6)], "long_factor": [2 + step / 2 for step in range(6)]}

FAMILY_LAYOUTS: dict[str, tuple[str, dict[str, Any]]] = {
    "olmo2-normed-across-heads": ("Olmo2Config", _GROUPED),
    "llama-yarn": ("LlamaConfig", {**_WIDE, **_rope("yarn", factor=4.0, original_max_position_embeddings=1024)}),
    "llama-dynamic-ntk": (
        "LlamaConfig",
        {**_WIDE, "max_position_embeddings": BORDER, **_rope("dynamic", factor=2.0)},
    ),
    "phi3-longrope": (
        "Phi3Config",
        {
            **_GROUPED,
            "sliding_window": None,
            "max_position_embeddings": 2 * BORDER,
            "original_max_position_embeddings": BORDER,
            **_rope("longrope", **_FAR, **_FACTORS),
        },
    ),
    "phi-partial-rotary": ("PhiConfig", {**_GROUPED, "partial_rotary_factor": 0.5}),
    "glm-partial-interleaved": ("GlmConfig", {**_WIDE, "partial_rotary_factor": 0.5}),
    "cohere-interleaved": ("CohereConfig", {**_GROUPED, "use_qk_norm": True}),
    "smollm3-unrotated": ("SmolLM3Config", {**_GROUPED, "no_rope_layers": [1, 0]}),
    "gpt-oss-sinks": ("GptOssConfig", {**_ALTERNATING, "num_local_experts": 2, "num_experts_per_tok": 1}),
    "gemma2-softcap": (
        "Gemma2Config",
        {**_ALTERNATING, "query_pre_attn_scalar": 16, "attn_logit_softcapping": 5.0},
    ),
}
"""What families do to queries, keys and logits beside plain rotation: norms over all heads at once, rotations that are
scaled (YaRN) or follow the length (dynamic NTK, longrope), of some dimensions only, of neighbours as pairs, or in some
layers only, attention sinks, and a softcap; the last two alternate between sliding and full attention."""

LAYOUTS = {**HEAD_LAYOUTS, **FAMILY_LAYOUTS}
"""All random models by name."""

BEYOND_SOFTMAX = ("gpt-oss-sinks", "gemma2-softcap")
"""The layouts whose attention eager attention alone computes."""


def kernel_for(head_layout: str, kernel: str) -> str:
    """Return the attention implementation that runs a model where ``kernel`` was asked for."""
    return "eager" if head_layout in BEYOND_SOFTMAX else kernel


def random_model(head_layout: str, layers: int = 2, dtype: torch.dtype | None = None) -> PreTrainedModel:
    """Return a random model, the same on every call, with uneven attention and different norms.

    Args:
        head_layout: one of ``LAYOUTS``.
        layers: number of layers; a layout with its own layer types keeps them, except for 1, which gives a layer that
            attends to everything.
        dtype: of the weights; None is float32.
    """
    return random_model_of(*LAYOUTS[head_layout], layers, dtype, kernel_for(head_layout, "sdpa"))


def random_model_of(
    class_name: str,
    heads: dict[str, Any],
    layers: int = 2,
    dtype: torch.dtype | None = None,
    kernel: str = "sdpa",
) -> PreTrainedModel:
    """Return a random model of a family, given by its configuration class and its heads; see ``random_model``."""
    import torch
    import transformers

    if "layer_types" in heads:
        heads = {**heads, "layer_types": ["full_attention"] if layers == 1 else heads["layer_types"]}
        layers = len(heads["layer_types"])
    config = getattr(transformers, class_name)(**{**_SIZE, **heads}, num_hidden_layers=layers)
    return with_random_weights(config, 0.25, kernel).to(dtype or torch.float32)


def one_layer_of(model: PreTrainedModel) -> PreTrainedModel:
    """Return a random float32 model with the heads of another one and a single layer, which attends to everything."""
    config = copy.deepcopy(model.config.get_text_config())
    config.num_hidden_layers = 1
    if getattr(config, "layer_types", None):
        config.layer_types = ["full_attention"]
    return with_random_weights(config, std=(3 / config.hidden_size) ** 0.5).to(model.device)


def with_random_weights(config: Any, std: float = 0.25, kernel: str = "sdpa") -> PreTrainedModel:
    """Return a float32 model with random weights, the same on every call, so large that no head attends evenly.

    Args:
        config: a configuration of transformers.
        std: standard deviation of matrices; vectors are uniform from 0.5 to 1.5.
        kernel: attention implementation.
    """
    import torch
    from transformers import AutoModelForCausalLM

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        model = AutoModelForCausalLM.from_config(config, attn_implementation=kernel, dtype=torch.float32)
        for weight in model.parameters():
            if weight.dim() > 1:
                torch.nn.init.normal_(weight, std=std)
            else:
                torch.nn.init.uniform_(weight, 0.5, 1.5)
    return model.eval()


def random_ids(tokens: int, seed: int = 0, vocabulary: int = VOCABULARY) -> list[int]:
    """Return random ids that are not special; none repeats while the vocabulary lasts, so that norms do not tie."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    usable = vocabulary - SPECIAL_IDS
    rounds = -(-tokens // usable)
    ids = torch.cat([SPECIAL_IDS + torch.randperm(usable, generator=generator) for _ in range(rounds)])
    return [int(token) for token in ids[:tokens]]
