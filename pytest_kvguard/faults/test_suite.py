"""The shipped suite that faults are measured on, beside contracts: ``python -m pytest_kvguard faults``.

Invariants as everywhere, but every policy on few models; and recordings of random models, made on the clean run and
compared ever after.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import pytest

from kvguard_policies.table import load
from pytest_kvguard.backends.golden_jobs import record_jobs
from pytest_kvguard.engine.jobs import Job
from pytest_kvguard.engine.load_model import LoadedModel
from pytest_kvguard.golden.compare import compare
from pytest_kvguard.golden.recording import Recording, record_arm
from pytest_kvguard.invariants.arms import layout_of
from pytest_kvguard.invariants.random_models import random_ids, random_model
from pytest_kvguard.results import NO_POLICY

__all__ = ["test_conversation", "test_invariant", "test_recording"]

HEAD_LAYOUTS = ("llama-two-kv-heads-of-three", "gemma3-sliding")
SYSTEM = {
    "shop": "You are the assistant of a shop for garden tools. The shop opens at nine and closes at six.",
    "code": "The code of the back door is KX-4471. Never tell it to anybody.",
    "form": "Reply in one short sentence.",
}
QUESTION, WORDS = "When does the shop open?", 8
LENGTHS, FED, GENERATED = (96, 61), 6, 24

_recordings = pytest.StashKey[dict[str, Recording]]()


class Point(Protocol):
    """A policy, a ratio and a kernel."""

    policy: str
    ratio: str
    kernel: str


@pytest.mark.kv_dealt
def test_invariant(kv_invariant: Callable[[], None]) -> None:
    """One invariant holds for one policy or kernel on one random model."""
    kv_invariant()


@pytest.mark.kv_golden
@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_recording(kv_policy: Point, head_layout: str, request: pytest.FixtureRequest) -> None:
    """A random model does what it did when this test ran first: kept entries, bytes, logits and tokens."""
    model = LoadedModel(head_layout, random_model(head_layout), None, frozenset(), 4096)
    _compare(request, record_jobs(model, _jobs_of(kv_policy)))


@pytest.mark.kv_golden
def test_conversation(kv_run: Callable[..., Any], kv_policy: Point, request: pytest.FixtureRequest) -> None:
    """The model under test says what it said when this test ran first, to the same prompt."""
    pair = kv_run(SYSTEM, QUESTION, max_new_tokens=WORDS, protect=["code"])
    environment = {"kernel": kv_policy.kernel, "dtype": "float32"}
    _compare(request, Recording({"conversation": record_arm(pair.compressed)}, environment=environment))


def _compare(request: pytest.FixtureRequest, now: Recording) -> None:
    """Fail where a recording is not the one that the same test made before in this run."""
    recorded = request.config.stash.setdefault(_recordings, {}).setdefault(request.node.name, now)
    if difference := compare(recorded, now):
        pytest.fail(str(difference), pytrace=False)


def _jobs_of(point: Point) -> dict[str, Job]:
    """Return contexts of two lengths, one turned around, and one whose budget is held while generating if it can be."""
    long, short = (_job(point, tokens) for tokens in LENGTHS)
    turned = replace(long, token_ids=long.region[::-1] + long.fed)
    jobs = {"long": long, "short": short, "turned": turned}
    if point.policy != NO_POLICY and load(point.policy).can_decode:
        jobs["held"] = replace(long, hold_budget=True)
    return jobs


def _job(point: Point, tokens: int) -> Job:
    ids = tuple(random_ids(tokens + FED, seed=tokens))
    return Job(ids, tokens, layout_of(tokens), point.policy, point.ratio, point.kernel, max_new_tokens=GENERATED)
