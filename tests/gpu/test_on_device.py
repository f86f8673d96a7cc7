"""Policies and caches on an accelerator keep the same entries and give the same replies as on a CPU, in float32."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from kvguard_policies import compress, load, prefill
from pytest_kvguard.engine.jobs import Job
from pytest_kvguard.engine.planner import run_jobs
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.cell import Cell
from tests.models import random_ids, random_model
from tests.policies.matrix import LAYOUT, SPECS, TOKENS

DEVICE = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else None

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(DEVICE is None, reason="this machine has no accelerator")]


@pytest.mark.parametrize("spec", SPECS)
def test_the_kept_entries_are_those_of_the_cpu(spec: str) -> None:
    kept = []
    for device in ("cpu", DEVICE):
        model, policy = random_model("llama-two-kv-heads-of-three").to(device), load(spec)
        record = prefill(model, random_ids(TOKENS), LAYOUT, policy.needs(LAYOUT))
        cache = compress(record, policy, Fraction("0.5"))
        kept.append([[entries.tolist() for entries in layer.positions] for layer in cache.layers])
    assert kept[0] == kept[1]


@pytest.mark.parametrize("hold_budget", [False, True])
def test_replies_are_generated_on_the_device(hold_budget: bool) -> None:
    model = LoadedModel("random", random_model("gemma3-sliding").to(DEVICE), None, frozenset(), 4096)
    job = Job(tuple(random_ids(TOKENS + 1)), TOKENS, LAYOUT, Cell.of("snapkv", "0.5"), hold_budget, 8)
    assert len(run_jobs(model, [job])[0].token_ids) == 8


@pytest.mark.parametrize("spec", ["dynamic", "static", "offloaded"])
def test_lossless_caches_reply_on_the_device_as_the_uncompressed_model(spec: str) -> None:
    model = LoadedModel("random", random_model("mistral").to(DEVICE), None, frozenset(), 4096)
    uncompressed, cached = (
        run_jobs(model, [Job(tuple(random_ids(TOKENS + 1)), TOKENS, LAYOUT, Cell.of(name), max_new_tokens=8)])[0]
        for name in ("none", spec)
    )
    assert cached.token_ids == uncompressed.token_ids
