"""Models that cache one latent for all heads, or share keys between layers: what is cached is what is compressed."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel, cache_utils

from kvguard_policies import Layout, compression, load, prefill
from kvguard_policies.attention import ragged_attention
from kvguard_policies.hf_cache import RaggedCache, cache_argument
from kvguard_policies.observations import ColumnSums, WindowAttention
from kvguard_policies.policy import Need
from kvguard_policies.recording import Recorder
from kvguard_policies.rotation import derived_rotary
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.planner import run_jobs, try_jobs
from pytest_kvguard.engine.self_check import check_model
from pytest_kvguard.values.cell import Cell
from tests.families import family, generated, loaded
from tests.models import random_ids
from tests.unit.kvguard_policies.test_sinks_and_softcaps import POLICIES, assert_equal

TOKENS, FED, NEW = 40, 5, 6
IDS = random_ids(TOKENS + FED)
LAYOUT = Layout(TOKENS, (((6, 20),), ((22, 38),)), ((8, 10),))

MLA: dict[str, Any] = {
    "num_key_value_heads": 4, "q_lora_rank": 24, "kv_lora_rank": 16, "qk_nope_head_dim": 12, "qk_rope_head_dim": 8,
    "v_head_dim": 10,
}  # fmt: skip
EXPERTS: dict[str, Any] = {
    "n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 1, "topk_group": 1, "n_shared_experts": 1,
    "moe_intermediate_size": 32, "first_k_dense_replace": 1,
}  # fmt: skip
SHARED: dict[str, Any] = {
    "num_hidden_layers": 6, "num_kv_shared_layers": 2, "head_dim": 16, "sliding_window": 1024,
    "layer_types": ["sliding_attention", "sliding_attention", "full_attention"] * 2,
    "hidden_size_per_layer_input": 8, "vocab_size_per_layer_input": 211,
}  # fmt: skip
FAMILIES: dict[str, dict[str, Any]] = {
    "DeepseekV2Config": {**MLA, **EXPERTS},
    "DeepseekV3Config": {**MLA, **EXPERTS},
    "Glm4MoeLiteConfig": {**MLA, **EXPERTS},
    "LongcatFlashConfig": {**MLA, **EXPERTS, "num_layers": 1, "head_dim": 8, "qk_head_dim": 20,
                           "expert_ffn_hidden_size": 32, "ffn_hidden_size": 64, "moe_topk": 2, "zero_expert_num": 2},
    "MiniCPM3Config": MLA,
    "YoutuConfig": MLA,
    "Gemma3nTextConfig": {**SHARED, "laurel_rank": 4, "activation_sparsity_pattern": [0.0] * 6,
                          "intermediate_size": [64] * 6},
    "Gemma4TextConfig": {**SHARED, "global_head_dim": 16},
}  # fmt: skip
LATENT = "DeepseekV3Config"


@pytest.fixture(params=FAMILIES)
def name(request: pytest.FixtureRequest) -> str:
    if not hasattr(transformers, request.param):
        pytest.skip(f"transformers {transformers.__version__} has no {request.param}")
    return str(request.param)


def built(name: str) -> PreTrainedModel:
    return family(name, "eager", **FAMILIES[name])


def job(policy: str | None, tokens: int = TOKENS, **options: Any) -> Job:
    cell = Cell.of(policy, "0.5", "eager") if policy else Cell(kernel="eager")
    return Job(tuple(IDS[: tokens + FED]), tokens, LAYOUT, cell, max_new_tokens=NEW, **options)


@torch.no_grad()
def plain_cache(model: PreTrainedModel, ids: list[int]) -> DynamicCache:
    """Return the cache that the plain model fills, in which every layer holds all tokens."""
    cache = DynamicCache()
    model(torch.tensor([ids]), **cache_argument(model, cache))
    return cache


@torch.no_grad()
def going_on(model: PreTrainedModel, cache: DynamicCache) -> list[int]:
    """Return what the plain model answers token by token from a cache of some tokens of the context."""
    fed, answer = IDS[TOKENS:], []
    for position in range(TOKENS, TOKENS + FED + NEW - 1):
        token = fed[position - TOKENS] if position - TOKENS < FED else answer[-1]
        positions = torch.tensor([[position]])
        logits = model(torch.tensor([[token]]), position_ids=positions, **cache_argument(model, cache)).logits
        if position - TOKENS >= FED - 1:
            answer.append(int(logits[0, -1].argmax()))
    return answer


def test_the_uncompressed_arm_is_the_model_and_all_policies_halve_what_it_caches(name: str) -> None:
    model = built(name)
    cached = [layer for layer in plain_cache(model, IDS[:TOKENS]).layers if getattr(layer, "keys", None) is not None]
    plain, *others = try_jobs(loaded(model), [job(policy) for policy in (None, *POLICIES)])
    assert isinstance(plain, Generation) and list(plain.token_ids) == generated(model, IDS, NEW)
    assert plain.bytes_before == sum(layer.keys.nbytes + layer.values.nbytes for layer in cached)
    assert plain.entries_before == sum(layer.keys.shape[1] * TOKENS for layer in cached)
    for policy, answer in zip(POLICIES, others, strict=True):
        assert isinstance(answer, Generation), (policy, answer)
        halves = (answer.entries_after * 2, answer.bytes_after * 2)
        assert halves == (answer.entries_before, answer.bytes_before), policy
    assert check_model(loaded(model), "eager").problem == ""


@pytest.mark.parametrize("policy", ["snapkv", "knorm", "expected_attention"])
def test_replies_are_those_of_the_plain_model_on_the_entries_that_were_kept(name: str, policy: str) -> None:
    model = built(name)
    answer = run_jobs(loaded(model), [job(policy)])[0]
    assert answer.kept is not None
    cache = plain_cache(model, IDS[:TOKENS])
    cached = [layer for layer in cache.layers if getattr(layer, "keys", None) is not None]
    for layer, heads in zip(cached, answer.kept.positions, strict=True):
        index = torch.stack(list(heads))[None, :, :, None]
        layer.keys = layer.keys.gather(2, index.expand(-1, -1, -1, layer.keys.shape[3]))
        layer.values = layer.values.gather(2, index.expand(-1, -1, -1, layer.values.shape[3]))
    assert going_on(model, cache) == list(answer.token_ids)


@torch.no_grad()
def eager_weights(model: PreTrainedModel, ids: list[int]) -> list[Tensor]:
    output = model(torch.tensor([ids]), output_attentions=True, use_cache=False)
    return [weights[0] for weights in output.attentions]


def test_recorded_attention_is_that_of_the_layers_own_code(name: str) -> None:
    model = built(name)
    needs = [Need(ColumnSums()), Need(WindowAttention(8))]
    observed = prefill(model, IDS, Layout(len(IDS)), needs, "eager").recorder.observed
    weights = eager_weights(model, IDS)
    assert observed.keys() == set(range(len(weights) - FAMILIES[name].get("num_kv_shared_layers", 0)))
    for layer, states in observed.items():
        for need, expected in zip(needs, (weights[layer].sum(1), weights[layer][:, -8:].mean(1)), strict=True):
            assert_equal(states[need].flatten(0, 1), expected.double())


@torch.no_grad()
@pytest.mark.parametrize("name", [LATENT, "Gemma3nTextConfig"])
def test_attention_that_is_recorded_while_generating_is_that_of_the_layers_own_code(name: str) -> None:
    model, need = built(name), Need(ColumnSums())
    recorder = Recorder([need], Layout(TOKENS), derived_rotary(model, "eager"), hold_recent=True)
    cache = RaggedCache.empty(model, "eager", [recorder])
    recorder.longest = 1000
    with ragged_attention(model):
        for first, last in [(0, TOKENS), *((at, at + 1) for at in range(TOKENS, TOKENS + FED))]:
            cache.positions = [last - 1]
            positions = torch.arange(first, last)[None]
            model(torch.tensor([IDS[first:last]]), position_ids=positions, **cache_argument(model, cache))
    weights = eager_weights(model, IDS)
    for layer, states in recorder.observed.items():
        assert_equal(states[need].flatten(0, 1), weights[layer].sum(1).double())


@pytest.mark.parametrize("name", [LATENT, "Gemma3nTextConfig"])
def test_budgets_are_held_and_rows_of_all_lengths_share_batches(name: str) -> None:
    model = loaded(built(name))
    policies = ("h2o", "expected_attention", "keep(tova)", "knorm")
    jobs = [job(policy, hold_budget=True) for policy in policies]
    jobs += [job(policy, tokens) for policy in (None, "fair(snapkv, mix=0.5)") for tokens in (14, TOKENS)]
    jobs = [Job(j.token_ids, j.region_tokens, Layout(j.region_tokens, LAYOUT.groups, LAYOUT.forced), j.cell,
                j.hold_budget, NEW) for j in jobs]  # fmt: skip
    for asked, answer in zip(jobs, try_jobs(model, jobs), strict=True):
        assert isinstance(answer, Generation), (asked.cell, answer)
        assert answer.token_ids == run_jobs(model, [asked])[0].token_ids, asked.cell
        if asked.cell.policy:
            assert answer.entries_after <= (answer.entries_before + 1) // 2


@pytest.mark.parametrize("name", [LATENT, "Gemma3nTextConfig"])
def test_a_shared_prefix_is_what_would_have_been_computed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for constant, value in (("MIN_PREFIX_TOKENS", 8), ("BOUNDARY_STEP", 4), ("MIN_PREFIX_SHARE", 0)):
        monkeypatch.setattr(compression, constant, value)
    model, policy = built(name), load("h2o")
    other = [*IDS[:20], *random_ids(TOKENS - 20, 3)]
    layout = Layout(TOKENS, (((21, 30),),))
    earlier = prefill(model, other, layout, policy.needs(layout), "eager")
    needs = policy.needs(layout)
    shared, alone = (prefill(model, IDS[:TOKENS], layout, needs, "eager", earlier=got) for got in (earlier, None))
    assert shared.reused_tokens > 0
    one, two = (compression.compress(record, policy, 0.5) for record in (shared, alone))
    for mine, theirs in zip(one.layers, two.layers, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(mine.positions, theirs.positions, strict=True))
        assert torch.equal(mine.keys, theirs.keys) and torch.equal(mine.values, theirs.values)


@pytest.mark.parametrize("class_name", ["DeepseekV32Config", "GlmMoeDsaConfig"])
def test_sparse_attention_is_refused_in_one_line(class_name: str) -> None:
    if not hasattr(cache_utils, "DynamicIndexedLayer") or not hasattr(transformers, class_name):
        pytest.skip(f"transformers {transformers.__version__} has no {class_name}, or no cache for it")
    sizes = {**MLA, **EXPERTS, "index_n_heads": 2, "index_head_dim": 16, "index_topk": 8}
    problem = check_model(loaded(family(class_name, **sizes)), "sdpa").problem
    assert "sparse attention" in problem and "such as Llama, Qwen or DeepSeek V3" in problem and "\n" not in problem
