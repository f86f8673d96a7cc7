"""Attention that is more than a softmax over rotated keys is computed right or refused, never silently wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from transformers import AutoModelForCausalLM, GptOssConfig, LlamaConfig, PreTrainedModel

from kvguard_policies import Layout, PolicyError, compression, load, prefill
from kvguard_policies.attention import rotation_depends_on_length
from pytest_kvguard.engine.jobs import Job
from pytest_kvguard.engine.planner import run_jobs
from pytest_kvguard.errors import UsageError
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.cell import Cell
from tests.models import random_ids

SIZE = {"vocab_size": 211, "hidden_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8}
TOKENS = 30
JOB = Job(tuple(random_ids(TOKENS)), TOKENS - 4, Layout(TOKENS - 4), Cell(kernel="eager"), max_new_tokens=8)


def with_sinks() -> PreTrainedModel:
    torch.manual_seed(0)
    config = GptOssConfig(
        **SIZE,
        intermediate_size=32,
        num_hidden_layers=2,
        num_local_experts=2,
        num_experts_per_tok=1,
        layer_types=["full_attention"] * 2,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
    )
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return model


def with_dynamic_rotation() -> PreTrainedModel:
    torch.manual_seed(0)
    rope = {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0}
    sizes = {**SIZE, "intermediate_size": 32, "num_hidden_layers": 2, "max_position_embeddings": 16}
    return AutoModelForCausalLM.from_config(LlamaConfig(**sizes, rope_parameters=rope)).eval()


def loaded(model: PreTrainedModel) -> LoadedModel:
    return LoadedModel("random", model, None, frozenset(), 4096)


def test_sinks_are_left_to_the_eager_kernel() -> None:
    model = with_sinks()
    with pytest.raises(UsageError, match="cannot run on --kv-attn=sdpa, says transformers. Use --kv-attn=eager"):
        run_jobs(loaded(model), [replace(JOB, cell=Cell())])
    generation = run_jobs(loaded(model), [JOB])[0]
    plain = model.generate(torch.tensor([JOB.token_ids]), max_new_tokens=8, do_sample=False, eos_token_id=None)
    assert list(generation.token_ids) == plain[0, TOKENS:].tolist()


def test_sdpa_refuses_what_it_would_leave_out() -> None:
    with pytest.raises(PolicyError, match="attention has sinks, which sdpa does not compute"):
        prefill(with_sinks(), random_ids(TOKENS), kernel="sdpa")


def test_recording_leaves_a_rotation_that_rescales_itself_alone() -> None:
    model, layout, ids = with_dynamic_rotation(), Layout(TOKENS), random_ids(TOKENS)
    before = prefill(model, ids).keys[1]
    recorded = prefill(model, ids, layout, load("expected_attention").needs(layout)).keys[1]
    assert torch.equal(before, recorded) and torch.equal(before, prefill(model, ids).keys[1])


def test_contexts_whose_rotation_depends_on_the_longest_call_are_prefilled_in_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, ids = with_dynamic_rotation(), random_ids(TOKENS)
    whole = prefill(model, ids).keys[1]
    monkeypatch.setattr(compression, "MIN_PREFIX_TOKENS", 8)
    monkeypatch.setattr(compression, "BOUNDARY_STEP", 4)
    monkeypatch.setattr(compression, "MIN_PREFIX_SHARE", 0)
    layout = Layout(TOKENS, groups=(((16, 20),),))
    assert len(compression.prefill_boundaries(layout)) == 2
    assert torch.equal(prefill(model, ids, layout, earlier=prefill(model, ids, layout)).keys[1], whole)


def test_rows_whose_rotation_depends_on_the_longest_are_decoded_alone() -> None:
    model = loaded(with_dynamic_rotation())
    long = replace(JOB, token_ids=tuple(random_ids(90, 1)), region_tokens=80, layout=Layout(80))
    short = replace(JOB, token_ids=tuple(random_ids(20, 2)), region_tokens=12, layout=Layout(12))
    alone = run_jobs(model, [short])[0]
    assert run_jobs(model, [short, long])[0].token_ids == alone.token_ids
    assert rotation_depends_on_length(model.model)
