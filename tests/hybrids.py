"""Tiny random models of the families that mix attention with recurrent or convolution layers."""

from __future__ import annotations

from typing import Any

__all__ = ["HYBRIDS", "REFUSED"]

MIXED = ["linear_attention", "full_attention"] * 2
FOUR: dict[str, Any] = {"num_hidden_layers": 4}
EXPERTS: dict[str, Any] = {"num_local_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 32}
NAMED_EXPERTS: dict[str, Any] = {"num_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 32}
MAMBA: dict[str, Any] = {"mamba_d_state": 8}
MAMBA_2: dict[str, Any] = {"mamba_n_heads": 6, "mamba_d_head": 16, "mamba_d_state": 8, "mamba_chunk_size": 16}
DELTA: dict[str, Any] = {
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "layer_types": MIXED,
}
LATENT: dict[str, Any] = {
    "kv_lora_rank": 16,
    "qk_nope_head_dim": 16,
    "qk_rope_head_dim": 8,
    "v_head_dim": 16,
    "num_key_value_heads": 4,
    "layer_types": MIXED,
}
SHARED_BLOCKS = ["linear_attention", "hybrid"] * 2

HYBRIDS: dict[str, tuple[str, dict[str, Any]]] = {
    "qwen3_5": ("Qwen3_5TextConfig", {**FOUR, **DELTA, "head_dim": 16}),
    "qwen3_next": (
        "Qwen3NextConfig",
        {**FOUR, **DELTA, **NAMED_EXPERTS, "head_dim": 16, "shared_expert_intermediate_size": 32},
    ),
    "olmo_hybrid": ("OlmoHybridConfig", {**FOUR, **DELTA, "linear_num_key_heads": 4}),
    "granitemoehybrid": (
        "GraniteMoeHybridConfig",
        {
            **FOUR,
            **MAMBA_2,
            **EXPERTS,
            "layer_types": ["mamba", "attention"] * 2,
            "shared_intermediate_size": 32,
            "attention_multiplier": 0.2,
        },
    ),
    "bamba": ("BambaConfig", {**FOUR, **MAMBA_2, "attn_layer_indices": [1, 3]}),
    "falcon_h1": ("FalconH1Config", {**MAMBA_2, "mamba_d_ssm": 96, "head_dim": 16}),
    "nemotron_h": (
        "NemotronHConfig",
        {
            **EXPERTS,
            "layers_block_type": ["linear_attention", "full_attention", "moe", "linear_attention", "full_attention"],
            "head_dim": 16,
            "ssm_state_size": 8,
            "mamba_num_heads": 6,
            "mamba_head_dim": 16,
            "n_groups": 2,
            "chunk_size": 16,
            "moe_shared_expert_intermediate_size": 32,
        },
    ),
    "jamba": (
        "JambaConfig",
        {**FOUR, **MAMBA, **NAMED_EXPERTS, "attn_layer_period": 2, "attn_layer_offset": 1, "mamba_dt_rank": 4},
    ),
    "zamba": (
        "ZambaConfig",
        {
            **FOUR,
            **MAMBA,
            "layers_block_type": SHARED_BLOCKS,
            "n_mamba_heads": 2,
            "attention_hidden_size": 96,
            "attention_head_dim": 24,
            "num_key_value_heads": 4,
        },
    ),
    "zamba2": (
        "Zamba2Config",
        {
            **FOUR,
            **MAMBA,
            "layers_block_type": SHARED_BLOCKS,
            "n_mamba_heads": 4,
            "mamba_headdim": 24,
            "chunk_size": 16,
            "num_key_value_heads": 4,
        },
    ),
    "lfm2": ("Lfm2Config", {**FOUR, "layer_types": ["conv", "full_attention"] * 2}),
    "lfm2_moe": (
        "Lfm2MoeConfig",
        {**FOUR, **NAMED_EXPERTS, "layer_types": ["conv", "full_attention"] * 2, "num_dense_layers": 1},
    ),
    "lfm3": (
        "Lfm3Config",
        {
            **FOUR,
            "layer_types": ["conv", "full_attention", "sliding_attention", "full_attention"],
            "head_dim": 16,
            "sliding_window": 8,
        },
    ),
    "kimi_linear": ("KimiLinearConfig", {**FOUR, **EXPERTS, **LATENT, "linear_head_dim": 8, "linear_num_heads": 4}),
    "bailing_hybrid": (
        "BailingHybridConfig",
        {**FOUR, **EXPERTS, **LATENT, "head_dim": 8, "n_group": 1, "topk_group": 1, "model_max_length": 4096},
    ),
    "zaya": ("ZayaConfig", {**FOUR, **NAMED_EXPERTS, "head_dim": 16, "router_hidden_size": 16}),
}
"""By family: the class of the configuration, and its settings beside those of every tiny model."""

REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "minimax": ("MiniMaxConfig", {**FOUR, **EXPERTS, "layer_types": MIXED, "head_dim": 16, "block_size": 16}),
    "recurrent_gemma": (
        "RecurrentGemmaConfig",
        {**FOUR, "lru_width": 48, "attention_window_size": 16, "block_types": ["recurrent", "attention"]},
    ),
}
"""Those that cannot run, likewise."""
