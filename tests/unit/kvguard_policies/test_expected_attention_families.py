"""Expected attention ranks keys as the model itself would, however a family rotates and scales its queries."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from benchmarks.expected_queries import expected_attention_scores
from benchmarks.model_reference import cached_keys
from kvguard_policies import compression
from kvguard_policies.policy import Layout, PolicyError
from kvguard_policies.scores.expected_attention import ExpectedAttention
from pytest_kvguard.engine.jobs import Generation
from pytest_kvguard.engine.planner import try_jobs
from pytest_kvguard.values.cell import Cell
from tests.families import family, loaded
from tests.models import random_ids
from tests.unit.engine.test_model_masks import RESTRICTED, job

TOKENS, FUTURE, SINKS = 40, 9, 4

EVERYWHERE: dict[str, Any] = {"layer_types": ["full_attention", "full_attention"]}
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("LlamaConfig", {}),
    "qwen3, queries and keys normalised": ("Qwen3Config", {"head_dim": 16}),
    "olmo2, normalised over all heads": ("Olmo2Config", {}),
    "cohere, interleaved": ("CohereConfig", {}),
    "cohere, interleaved and normalised": ("CohereConfig", {"use_qk_norm": True}),
    "cohere2, interleaved, and a layer without": (
        "Cohere2Config",
        {"sliding_window": 4096, "layer_types": ["sliding_attention", "full_attention"]},
    ),
    "glm, interleaved in part of a head": ("GlmConfig", {"head_dim": 16, "partial_rotary_factor": 0.5}),
    "glm4, interleaved in part of a head": ("Glm4Config", {"head_dim": 16, "partial_rotary_factor": 0.5}),
    "glm4 moe, halves in part of a head": (
        "Glm4MoeConfig",
        {
            "head_dim": 16,
            "partial_rotary_factor": 0.5,
            "n_routed_experts": 4,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 32,
            "n_group": 1,
            "topk_group": 1,
        },
    ),  # fmt: skip
    "helium, interleaved": ("HeliumConfig", {"head_dim": 12}),
    "ernie 4.5, interleaved": ("Ernie4_5Config", {"head_dim": 16}),
    "smollm3, a layer without": ("SmolLM3Config", {"no_rope_layers": [1, 0]}),
    "exaone4, a layer without": (
        "Exaone4Config",
        {"sliding_window": 4096, "layer_types": ["sliding_attention", "full_attention"]},
    ),
    "granite, its own scaling": ("GraniteConfig", {"attention_multiplier": 0.6}),
    "gemma3, its own scaling": ("Gemma3TextConfig", {**EVERYWHERE, "head_dim": 16, "query_pre_attn_scalar": 3}),
    "gemma": ("GemmaConfig", {"head_dim": 16}),
    "phi, part of a head": ("PhiConfig", {"partial_rotary_factor": 0.5}),
    "stablelm, part of a head": ("StableLmConfig", {"partial_rotary_factor": 0.5}),
    "persimmon, part of a head": ("PersimmonConfig", {"partial_rotary_factor": 0.5, "num_key_value_heads": 4}),
    "nanochat, the other way round": ("NanoChatConfig", {}),
    "phi3": ("Phi3Config", {"sliding_window": None}),
    "yarn": (
        "LlamaConfig",
        {
            "rope_parameters": {
                "rope_type": "yarn",
                "factor": 4.0,
                "original_max_position_embeddings": 1024,
                "rope_theta": 10000.0,
            }
        },
    ),  # fmt: skip
}


@pytest.mark.parametrize("name", FAMILIES)
def test_scores_are_those_of_the_modules_own_queries(name: str) -> None:
    class_name, settings = FAMILIES[name]
    model, ids, layout = family(class_name, **settings), random_ids(TOKENS), Layout(TOKENS)
    policy = ExpectedAttention(future=FUTURE, sinks=SINKS)
    record = compression.prefill(model, ids, layout, policy.needs(layout))
    expected = expected_attention_scores(model, ids, cached_keys(model, ids), record.compressible_layers, FUTURE, SINKS)
    assert record.compressible_layers
    for number, layer in enumerate(record.compressible_layers):
        scores = policy.score(compression.layer_record(record, policy, layer, number, TOKENS // 2)).values
        worst = (scores - expected[layer]).abs().max() / expected[layer].abs().max()
        assert worst < 2e-3, f"layer {layer}"


@pytest.mark.parametrize("rope_type", ["dynamic", "longrope"])
@pytest.mark.parametrize("tokens", [TOKENS, 6])
def test_queries_to_come_past_a_border_turn_as_the_context_does(rope_type: str, tokens: int) -> None:
    border, ids, layout = TOKENS + 2, random_ids(tokens), Layout(tokens)
    policy = ExpectedAttention(future=3 * TOKENS, sinks=2)
    scaled = {
        "rope_type": rope_type, "factor": 4.0, "rope_theta": 10000.0, "attention_factor": 1.0,
        "original_max_position_embeddings": border, "short_factor": [1.0] * 6, "long_factor": [5.0] * 6,
    }  # fmt: skip

    def scores(rope: dict[str, Any]) -> Tensor:
        model = family("LlamaConfig", max_position_embeddings=border, rope_parameters=rope)
        record = compression.prefill(model, ids, layout, policy.needs(layout))
        return policy.score(compression.layer_record(record, policy, 1, 1, tokens // 2)).values

    plain = scores({"rope_type": "default", "rope_theta": 10000.0})
    torch.testing.assert_close(scores(scaled), plain, atol=1e-4 * float(plain.max()), rtol=1e-3)


def test_chunked_families_with_complex_tables_are_understood() -> None:
    class_name, settings = RESTRICTED["llama4-chunks"]
    cell = Cell.of("expected_attention", "0.5")
    assert isinstance(try_jobs(loaded(family(class_name, **settings)), [job(45, cell)])[0], Generation)


def test_queries_that_no_rotation_explains_are_refused_and_other_policies_run() -> None:
    model = loaded(family("GPT2Config", n_embd=48, n_layer=2, n_head=4, n_positions=512))
    jobs = [job(45, cell) for cell in (Cell(), Cell.of("expected_attention", "0.5"), Cell.of("snapkv", "0.5"))]
    plain, expected, snapkv = try_jobs(model, jobs)
    assert isinstance(plain, Generation) and isinstance(snapkv, Generation)
    assert isinstance(expected, PolicyError) and "e.g. snapkv or knorm" in str(expected)
