"""Tiny random models of any decoder class of transformers, shrunk from the defaults of its own configuration.

A configuration is shrunk by the names of its settings, so that a class that is new to transformers needs no entry.
Widths, layers, experts and vocabularies become small; windows and chunks become shorter than any context, so that they
bite; every type of layer that the defaults contain is there.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

import transformers
from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, PretrainedConfig, PreTrainedModel

from pytest_kvguard.invariants.random_models import VOCABULARY, with_random_weights

__all__ = ["WINDOW", "config_classes", "tiny_config", "tiny_model"]

WINDOW = 8
"""Tokens that a restricted layer sees."""

MOST_LAYERS = 12

_REACH = re.compile(r"window(?!_layers)|^attention_chunk_size$|^local_attention$")
_SIZES: tuple[tuple[str, Any], ...] = (
    # Special tokens, kept apart from each other and inside the vocabulary.
    (r"^pad_token_id$", 0),
    (r"^bos_token_id$|^decoder_start_token_id$", 1),
    (r"eos_token_id$", 2),
    (r"_token_id$|_token_index$|_index$(?<!altup_active_idx)", VOCABULARY - 1),
    # Layers.
    (r"^first_k_dense_replace$|^num_dense_layers$|^moe_layer_start_index$", 1),
    (r"^num_(mtp|nextn_predict)_layers$", 0),
    (r"^max_window_layers$", 1),
    (r"^no_rope_layer_interval$", 2),
    # Windows and chunks.
    (_REACH.pattern, WINDOW),
    (r"^index_topk$|^block_size$", WINDOW),
    (r"chunk_size$|chunk_length$", WINDOW),
    # Positions.
    (r"^original_max_position_embeddings$", 4096),
    (r"^max_position_embeddings$|^n_positions$|^n_ctx$|^max_seq_len$|^max_(source|target)_positions$", 4096),
    # Vocabularies and widths.
    (r"vocab_size(_per_layer_input)?$|^encoder_hash_byte_group_vocab$", VOCABULARY),
    (r"^(qk_rope_head_dim|rotary_dim|index_head_dim|index_rope_dim)$", 8),
    (r"^(q|kv|o)_lora_rank$|^laurel_rank$|_rank$", 16),
    (r"^(v_head_dim|linear_value_head_dim)$", 12),
    (r"head_dim$|^d_head$|^dim_head$|^attention_head_size$|^kv_channels$|^mamba_d_head$|^query_pre_attn_scalar$", 16),
    (r"(moe|expert|shared|mlp)\w*intermediate_size|^expert_ffn_hidden_size$|^moe_\w*size$", 32),
    (r"intermediate_size|ffn_dim$|ffn_hidden_size$|feed_forward_size|^dff$|^dim_ff$|^intermediate_size_mlp$", 64),
    (r"^hidden_size_per_layer_input$|^router_hidden_size$", 16),
    (r"^(backbone_)?hidden_size$|^d_model$|^n_embd$|^emb(edding)?_(dim|size)$|^(in|out)put_embedding_size$", 64),
    (r"^word_embed_proj_dim$|^dim_model_base$", 64),
    (r"^d_inner$", 64),
    # Heads and experts.
    (r"(num_key_value|linear_num_key)_heads$|^num_kv_heads$", 2),
    (r"^heads_per_ngram$|^n_langs$|^adapter_reduction_factor$", 1),
    (r"heads$|^n_head$|^n_heads$", 4),
    (r"^(topk_group|n_group|n_groups|mamba_n_groups|o_groups)$", 1),
    (r"shared_experts$", 1),
    (r"num_experts$|routed_experts$|local_experts$|^zero_expert_num$", 4),
    (r"experts_per_tok$|^moe_topk$|^moe_k$", 2),
    (r"state_size$|^mamba_d_state$", 8),
)
"""The small value of a setting, by a pattern of its name; the first pattern that is found counts."""

_LAYERS = re.compile(r"^(num_hidden_layers|n_layers?|num_layers|(num_)?(de|en)coder_layers|depth)$")

_GROUPS = re.compile(r"^num_(key_value|kv)_heads$")
_NEEDED = re.compile(r"head_dim$|expert|indexer|n_group$|topk_group$")
"""Settings that are chosen although their default is None: always, and where no family's code replaces the None."""

_ROTATION = {"rope_type": "default", "rope_theta": 10000.0}
_OWN: dict[str, dict[str, Any]] = {
    "bamba": {"attn_layer_indices": [1], "mamba_n_heads": 8},
    "cohere_compass_text": {
        "layer_types": ["sliding_attention", "full_attention"],
        "rope_parameters": dict.fromkeys(("sliding_attention", "full_attention"), _ROTATION),
    },
    "dbrx": {
        "attn_config": {"clip_qkv": 8.0, "kv_n_heads": 2, "rope_theta": 10000.0},
        "ffn_config": {"hidden_size": 64, "ffn_hidden_size": 32, "moe_top_k": 2},
    },
    "dots3_note_text": {"head_dim": 24, "v_head_dim": 24, "per_layer_config": {}},
    "dots3_note_vision_encoder": {"mlp_layer_types": ["dense", "sparse"], "adapter_in_dim": 64, "adapter_out_dim": 64},
    "dots3_note_audio_encoder": {"adapter_input_size": 64, "adapter_out_dim": 64},
    "falcon_h1": {"mamba_d_ssm": 128, "mamba_n_heads": 8},
    "gemma4_assistant": {"hidden_size_per_layer_input": 0},
    "gemma4_text": {"global_head_dim": 24},
    "gemma4_unified_text": {"global_head_dim": 24},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]]},
    "granitemoehybrid": {"layer_types": ["mamba", "attention"], "mamba_n_heads": 8},
    "helium": {"num_key_value_heads": 4},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1},
    "lfm2": {"layer_types": ["conv", "full_attention"]},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"]},
    "longcat_flash": {"qk_head_dim": 24, "head_dim": 8},
    "mamba2": {"num_heads": 8},
    "mllama_text_model": {"cross_attention_layers": [1], "num_hidden_layers": 3},
    "qwen4_exp_text": {"indexer_kv_heads": 1, "indexer_budget": 8, "indexer_compress_ratio": 4},
    "recurrent_gemma": {"block_types": ["recurrent", "attention"]},
    "reformer": {"axial_pos_embds": False},
    "xlstm": {"chunk_size": 64},
    "xmod": {"default_language": "en_XX"},
    "zamba": {"layers_block_type": ["linear_attention", "hybrid", "hybrid"], "num_hidden_layers": 3},
    "zaya": {"num_experts_per_tok": 1},
}
"""Settings of single families whose sizes depend on one another, or whose defaults leave out what they are made for."""


@cache
def config_classes() -> Mapping[str, type[PretrainedConfig]]:
    """Return the configuration classes of the decoders of this release of transformers, by their own name."""
    return MappingProxyType({config.__name__: config for config in sorted_classes()})


def sorted_classes() -> list[Any]:
    """Return the configuration classes of ``AutoModelForCausalLM``, by name."""
    return sorted(MODEL_FOR_CAUSAL_LM_MAPPING.keys(), key=lambda config: str(config.__name__))


def tiny_config(config_class: str | Any, reach: int = WINDOW, **settings: Any) -> Any:
    """Return a small configuration of a class, or of a class of transformers by name.

    Args:
        config_class: the class, or its name.
        reach: tokens that a restricted layer sees.
        settings: replace what would be chosen.
    """
    known: Any = getattr(transformers, config_class) if isinstance(config_class, str) else config_class
    parameters = inspect.signature(known.__init__).parameters
    finished = {} if known.sub_configs else vars(known())
    small = {
        name: value
        for name, parameter in parameters.items()
        if (value := _small(_canonical(known, name), parameter.default, finished.get(name, 0))) is not None
    }
    small |= {name: reach for name in small if _REACH.search(name)}
    if "kv_lora_rank" in parameters and "num_key_value_heads" in parameters:
        small["num_key_value_heads"] = small["num_attention_heads"]
    if "is_decoder" in parameters:
        small["is_decoder"] = True
    given = {**_OWN.get(known.model_type, {}), **_in_own_words(known, parameters, settings)}
    small = {**small, **_sub_configs(known, parameters, reach), **given}
    layers = {} if any(_LAYERS.match(_canonical(known, name)) for name in given) else _layers(known, parameters)
    return known(**{**layers, **small})


def tiny_model(config_class: str | Any, kernel: str = "", reach: int = WINDOW, **settings: Any) -> PreTrainedModel:
    """Return a random model of a configuration class, the same on every call, whose heads attend unevenly.

    Args:
        config_class: the class, or its name.
        kernel: attention implementation; empty for sdpa where the family supports it, else eager.
        reach: tokens that a restricted layer sees.
        settings: replace what would be chosen.
    """
    config = tiny_config(config_class, reach, **settings)
    if not kernel:
        known = MODEL_FOR_CAUSAL_LM_MAPPING[type(config)]
        model_class: Any = known[0] if isinstance(known, tuple) else known
        # Code of a family's own may choose how it attends when it is built, and returns no weights on sdpa.
        changes = getattr(model_class, "_supports_sdpa", False) and model_class._can_set_attn_implementation()
        kernel = "sdpa" if changes else "eager"
    return with_random_weights(config, kernel=kernel)


def _canonical(config_class: Any, name: str) -> str:
    """Return the usual name of a setting: that of which a family's own name is the translation."""
    return next((usual for usual, own in config_class.attribute_map.items() if own == name), name)


def _in_own_words(config_class: Any, parameters: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings under the names that a family gives them."""
    own = {name: config_class.attribute_map.get(name, name) for name in settings}
    return {own[name] if own[name] in parameters else name: value for name, value in settings.items()}


def _small(name: str, default: Any, built: Any) -> Any:
    """Return the small value of a setting, from its default and what a configuration makes of it; None leaves it."""
    left_open = default is None and (_GROUPS.search(name) or (built is None and _NEEDED.search(name)))
    if not left_open and (isinstance(default, bool) or not isinstance(default, int) or default == 0):
        return None
    return next((value for pattern, value in _SIZES if re.search(pattern, name)), None)


def _sub_configs(config_class: Any, parameters: Mapping[str, Any], reach: int) -> dict[str, Any]:
    """Return the nested configurations, shrunk."""
    names = [name for name in config_class.sub_configs if name in parameters]
    if not names:
        return {}
    default = config_class()
    return {
        name: tiny_config(type(own), reach).to_dict()
        for name in names
        if (own := getattr(default, name, None)) is not None
    }


def _layers(config_class: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that give a family the fewest layers that show all of its types, at least two."""
    counts = [name for name in parameters if _LAYERS.match(_canonical(config_class, name))]
    default = config_class()
    types = list(getattr(default, "layer_types", None) or getattr(default, "layers_block_type", None) or [])
    period = shortest_period(types)
    if getattr(default, "num_kv_shared_layers", None):
        return {
            "layer_types": period * 2,
            "num_kv_shared_layers": len(period),
            **dict.fromkeys(counts, 2 * len(period)),
        }
    chosen: dict[str, Any] = dict.fromkeys(counts, max(2, len(period)))
    for name in ("layer_types", "layers_block_type"):
        if name in parameters and types:
            chosen[name] = period if len(period) > 1 else period * 2
    return chosen


def shortest_period(types: Sequence[str]) -> list[str]:
    """Return every type of layer once, in the order of their first layers."""
    return list(dict.fromkeys(types))
