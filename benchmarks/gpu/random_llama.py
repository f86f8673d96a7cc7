"""A random Llama of a chosen size, made on the device, whose replies mean nothing but cost what a real one's do."""

from __future__ import annotations

from functools import lru_cache

import torch
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedModel

from benchmarks.gpu.plan import Scale

__all__ = ["timed_model", "weight_bytes"]


@lru_cache(maxsize=1)
def timed_model(scale: Scale) -> PreTrainedModel:
    """Return the model that all parts time."""
    config = LlamaConfig(
        vocab_size=scale.vocabulary,
        hidden_size=scale.hidden,
        intermediate_size=scale.intermediate,
        num_hidden_layers=scale.layers,
        num_attention_heads=scale.heads,
        num_key_value_heads=scale.kv_heads,
        max_position_embeddings=2 * max(*scale.prefill_tokens, scale.decode_tokens),
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    with torch.random.fork_rng(devices=[]), torch.device(scale.device):
        torch.manual_seed(7)
        model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa", dtype=scale.dtype)
    evaluated: PreTrainedModel = model.eval()
    return evaluated


def weight_bytes(model: PreTrainedModel) -> int:
    """Return the bytes of the weights that a step reads; tied ones count once."""
    return sum(weight.nbytes for weight in model.parameters())
