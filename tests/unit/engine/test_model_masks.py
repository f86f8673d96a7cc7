"""What a model restricts by its mask alone reaches the guard's attention; what cannot be followed is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from kvguard_policies.mask_rules import MaskRule, mask_rule, window_of
from kvguard_policies.policy import Layout, PolicyError
from pytest_kvguard.engine.jobs import Job
from pytest_kvguard.engine.planner import run_jobs
from pytest_kvguard.values.cell import Cell
from tests.families import family, generated, loaded
from tests.models import random_ids

NEW, FED, WINDOW = 12, 5, 8

MOE: dict[str, Any] = {"num_experts_per_tok": 1}
RESTRICTED: dict[str, tuple[str, dict[str, Any]]] = {
    "llama4-chunks": (
        "Llama4TextConfig",
        {
            **MOE,
            "attention_chunk_size": WINDOW,
            "head_dim": 16,
            "intermediate_size_mlp": 64,
            "num_local_experts": 2,
            "num_hidden_layers": 4,
        },
    ),
    "phimoe-window": ("PhimoeConfig", {**MOE, "num_local_experts": 2, "sliding_window": WINDOW}),
    "qwen2-moe-window": (
        "Qwen2MoeConfig",
        {
            **MOE,
            "num_experts": 2,
            "moe_intermediate_size": 32,
            "shared_expert_intermediate_size": 32,
            "use_sliding_window": True,
            "sliding_window": WINDOW,
            "max_window_layers": 1,
        },
    ),
    "mistral-window": ("MistralConfig", {"sliding_window": WINDOW}),
    "gemma3-window": (
        "Gemma3TextConfig",
        {
            "head_dim": 16,
            "query_pre_attn_scalar": 16,
            "sliding_window": WINDOW,
            "layer_types": ["sliding_attention", "full_attention"],
        },
    ),
}


def job(tokens: int, cell: Cell) -> Job:
    return Job(tuple(random_ids(tokens)), tokens - FED, Layout(tokens - FED), cell, max_new_tokens=NEW)


@pytest.mark.parametrize("kernel", ["sdpa", "eager"])
@pytest.mark.parametrize("name", RESTRICTED)
def test_a_window_or_chunk_in_the_mask_alone_is_kept_to(name: str, kernel: str) -> None:
    class_name, settings = RESTRICTED[name]
    model = family(class_name, kernel, **settings)
    # Contexts that end before, at and after the border of a window, one of them over several windows.
    for tokens in (FED + 1, WINDOW + FED - 1, WINDOW + FED, WINDOW + FED + 1, 5 * WINDOW + FED + 3):
        asked = job(tokens, Cell(kernel=kernel))
        answer = run_jobs(loaded(model), [asked])[0]
        assert list(answer.token_ids) == generated(model, asked.token_ids, NEW), tokens


@pytest.mark.parametrize("name", ["llama4-chunks", "qwen2-moe-window"])
def test_rows_of_one_batch_keep_to_their_own_windows(name: str) -> None:
    class_name, settings = RESTRICTED[name]
    model = family(class_name, **settings)
    jobs = [job(tokens, Cell()) for tokens in (9, 14, 23, 40)]
    for asked, answer in zip(jobs, run_jobs(loaded(model), jobs), strict=True):
        assert list(answer.token_ids) == generated(model, asked.token_ids, NEW)


@pytest.mark.parametrize("name", ["llama4-chunks", "qwen2-moe-window"])
def test_layers_that_see_everything_are_compressed_beside_restricted_ones(name: str) -> None:
    class_name, settings = RESTRICTED[name]
    answer = run_jobs(loaded(family(class_name, **settings)), [job(45, Cell.of("knorm", "0.5"))])[0]
    assert answer.entries_after * 2 == answer.entries_before


@pytest.mark.parametrize(
    ("class_name", "reason"),
    [
        ("DogeConfig", "brings a mask of its own making"),
        # Before transformers 5.23, it does not attend through the registry at all.
        ("DiffLlamaConfig", "(changes its values after they are cached|ran another attention kernel)"),
    ],
)
@pytest.mark.parametrize("policy", [None, "knorm"])
def test_masks_and_values_of_a_models_own_making_are_refused(class_name: str, reason: str, policy: str | None) -> None:
    cell = Cell.of(policy, "0.5") if policy else Cell()
    with pytest.raises(PolicyError, match=f"{reason}.*(Use a model|Wrap the call)"):
        run_jobs(loaded(family(class_name)), [job(30, cell)])


def test_a_window_wider_than_any_context_changes_nothing() -> None:
    wide = family("Qwen2MoeConfig", **{**RESTRICTED["qwen2-moe-window"][1], "sliding_window": 2048})
    asked = job(40, Cell())
    assert list(run_jobs(loaded(wide), [asked])[0].token_ids) == generated(wide, asked.token_ids, NEW)


def test_a_rule_that_looks_up_single_tokens_is_one_of_the_models_own_making() -> None:
    images = torch.tensor([[0, 0, 1, 1]])
    rule = mask_rule(mask_function=lambda b, h, query, key: images[b, query] == images[b, key], local_size=9)
    assert rule == MaskRule(None)
    with pytest.raises(PolicyError, match="brings a mask of its own making"):
        window_of(rule, None)
