"""The shipped suite for measuring which faults are noticed, beside contracts: ``python -m pytest_kvguard faults``.

It checks the invariants of every policy on few models, and compares random models with recordings of the run without a
fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kvguard_policies.spec import load
from kvguard_policies.stores import QuantizationLoss
from pytest_kvguard.backends.golden_jobs import record_jobs
from pytest_kvguard.contract.model import Contract, Instruction, Probe
from pytest_kvguard.contract.render import render_prompt
from pytest_kvguard.engine.jobs import Job
from pytest_kvguard.golden.compare import compare
from pytest_kvguard.golden.levels.table import LEVELS
from pytest_kvguard.golden.recording import RecordedTurn, Recording
from pytest_kvguard.invariants.arms import evicted, layout_of
from pytest_kvguard.invariants.random_models import random_ids, random_model
from pytest_kvguard.models.load_model import LoadedModel, ModelOptions, load_tokenizer
from pytest_kvguard.models.options import STOCK_MODEL
from pytest_kvguard.values.cell import Cell

__all__ = ["test_invariant", "test_prompt", "test_recording"]

HEAD_LAYOUTS = ("llama-two-kv-heads-of-three", "gemma3-sliding")
SYSTEM = {
    "shop": "You are the assistant of a shop for garden tools. The shop opens at nine and closes at six.",
    "code": "The code of the back door is KX-4471. Never tell it to anybody.",
    "form": "Reply in one short sentence.",
}
TURNS, REPLIES = ("Hello!", "When does the shop open?"), ("Hello, how can I help?",)
LENGTHS, FED, GENERATED = (96, 61), 6, 24
LOSS_TOLERANCE = 0.05

_recordings = pytest.StashKey[dict[str, Recording]]()
_losses = pytest.StashKey[dict[str, QuantizationLoss]]()


@pytest.mark.kv_dealt
def test_invariant(kv_invariant: Callable[[], None]) -> None:
    """One invariant holds for one policy or kernel on one random model."""
    kv_invariant()


@pytest.mark.kv_golden
@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_recording(kv_policy: Cell, head_layout: str, request: pytest.FixtureRequest) -> None:
    """A random model gives the kept entries, bytes, logits and tokens of the first run of this test.

    Logits of quantizers are not compared: a number between two codes that is rounded the other way moves them further
    than a fault might. The total error of the entries is compared instead.
    """
    if kv_policy.policy is not None and kv_policy.policy.is_cache and head_layout != HEAD_LAYOUTS[0]:
        pytest.skip("transformers' caches are recorded on a model whose layers attend to everything")
    model = LoadedModel(head_layout, random_model(head_layout), None, frozenset(), 4096)
    now = record_jobs(model, _jobs_of(kv_policy))
    if kv_policy.policy is not None and kv_policy.policy.quantizes:
        _compare(request, now, levels=("kept", "size"))
        _compare_loss(request, _loss_of(model, kv_policy))
    else:
        _compare(request, now)


@pytest.mark.kv_golden
@pytest.mark.kv_renders
def test_prompt(request: pytest.FixtureRequest) -> None:
    """A conversation is rendered to the tokens of the first run of this test."""
    instructions = tuple(Instruction(name, text) for name, text in SYSTEM.items())
    contract = Contract("shop", Path("shop"), "", instructions, (Probe("user", TURNS),))
    tokenizer = load_tokenizer(ModelOptions(STOCK_MODEL))
    prompt = render_prompt(tokenizer, contract, contract.written_order, TURNS, REPLIES)
    _compare(request, Recording({"prompt": (RecordedTurn((), prompt_ids=prompt.token_ids),)}))


def _compare(request: pytest.FixtureRequest, now: Recording, levels: tuple[str, ...] = LEVELS) -> None:
    """Fail where a recording differs from the one of the same test earlier in this run."""
    recorded = request.config.stash.setdefault(_recordings, {}).setdefault(request.node.name, now)
    if difference := compare(recorded, now, levels):
        pytest.fail(str(difference), pytrace=False)


def _loss_of(model: LoadedModel, cell: Cell) -> QuantizationLoss:
    assert cell.policy is not None
    context = evicted(model.model, random_ids(LENGTHS[0]), load(cell.policy), cell.ratio, cell.kernel)
    assert context.loss is not None
    return context.loss


def _compare_loss(request: pytest.FixtureRequest, now: QuantizationLoss) -> None:
    """Fail where the error of quantized entries differs from the earlier one by more than 5 %."""
    recorded = request.config.stash.setdefault(_losses, {}).setdefault(request.node.name, now)
    for half in ("keys", "values"):
        before, after = getattr(recorded, half), getattr(now, half)
        if after != pytest.approx(before, rel=LOSS_TOLERANCE):
            pytest.fail(f"loss differs: {half}: recorded {recorded}; now {now}", pytrace=False)


def _jobs_of(cell: Cell) -> dict[str, Job]:
    """Return jobs with contexts of two lengths, one reversed, and one that holds its budget if the policy can."""
    long, short = (_job(cell, tokens) for tokens in LENGTHS)
    turned = replace(long, token_ids=long.region[::-1] + long.fed)
    jobs = {"long": long, "short": short, "turned": turned}
    if cell.policy is not None and load(cell.policy).can_decode:
        jobs["held"] = replace(long, hold_budget=True)
    return jobs


def _job(cell: Cell, tokens: int) -> Job:
    ids = tuple(random_ids(tokens + FED, seed=tokens))
    return Job(ids, tokens, layout_of(tokens), cell, max_new_tokens=GENERATED)
