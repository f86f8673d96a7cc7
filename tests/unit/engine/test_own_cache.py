"""Jobs whose policy fills a cache of its own: their replies, measurements and errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar

import pytest
import torch
from transformers import DynamicCache

from kvguard_policies import Layout, OwnCache, PolicyError, cache_argument
from kvguard_policies.spec import PolicySpec
from pytest_kvguard.engine import planner
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.planner import run_jobs, try_jobs
from pytest_kvguard.engine.sampling import Sampling
from pytest_kvguard.errors import InactivePolicyError
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.cell import Cell
from tests.models import random_ids, random_model

TOKENS, REPLY = 60, 12


@dataclass(frozen=True)
class DropOldest(OwnCache):
    """Keeps the newest entries."""

    name: ClassVar[str] = "drop_oldest"

    def fill(self, model: Any, token_ids: torch.Tensor, ratio: Any) -> Any:
        cache = DynamicCache()
        model(token_ids, **cache_argument(model, cache))
        dropped = int(token_ids.shape[1] * ratio)
        for layer in cache.layers:
            layer.keys, layer.values = layer.keys[:, :, dropped:], layer.values[:, :, dropped:]
        return cache


@dataclass(frozen=True)
class Plain(DropOldest):
    """Claims to drop and keeps everything."""

    name: ClassVar[str] = "plain"

    def fill(self, model: Any, token_ids: torch.Tensor, ratio: Any) -> Any:
        return super().fill(model, token_ids, 0)


@dataclass(frozen=True)
class Lossless(Plain):
    name: ClassVar[str] = "lossless"
    lossless: ClassVar[bool] = True


@dataclass(frozen=True)
class Broken(DropOldest):
    name: ClassVar[str] = "broken"

    def fill(self, model: Any, token_ids: torch.Tensor, ratio: Any) -> Any:
        raise RuntimeError("the size of tensor a\n must match")


@dataclass(frozen=True)
class BrokenLater(DropOldest):
    name: ClassVar[str] = "broken_later"

    @contextmanager
    def going_on(self, model: Any, cache: Any) -> Iterator[None]:
        yield
        raise IndexError


POLICIES = {policy.name: policy() for policy in (DropOldest, Plain, Lossless, Broken, BrokenLater)}


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> LoadedModel:
    monkeypatch.setattr(planner, "_policy", lambda spec: POLICIES[spec.text])
    return LoadedModel("random", random_model("mistral"), None, frozenset({2}), 4096)  # type: ignore[arg-type]


def job(policy: str, ratio: str = "0.5", **changes: Any) -> Job:
    """Return a job under one of ``POLICIES``."""
    ids, cell = tuple(random_ids(TOKENS + 5)), Cell(PolicySpec(policy), Fraction(ratio))
    return replace(Job(ids, TOKENS, Layout(TOKENS), cell, max_new_tokens=REPLY), **changes)


def uncompressed_job(**changes: Any) -> Job:
    return job("plain", cell=Cell(), **changes)


def run(model: LoadedModel, policy: str, ratio: str = "0.5", **changes: Any) -> Generation:
    return run_jobs(model, [job(policy, ratio, **changes)])[0]


def test_the_plain_model_generates_with_the_cache_at_the_true_positions(model: LoadedModel) -> None:
    generation, cache = run(model, "drop_oldest"), DropOldest().fill(model.model, torch.tensor([job("x").region]), 0.5)
    ids, position, expected = list(job("x").fed), TOKENS, []
    with torch.no_grad():
        for _ in range(REPLY):
            positions = torch.arange(position, position + len(ids))[None]
            logits = model.model(
                torch.tensor([ids]), **cache_argument(model.model, cache), position_ids=positions
            ).logits
            position += len(ids)
            ids = [int(logits[0, -1].argmax())]
            expected += ids
    assert list(generation.token_ids) == expected[: len(generation.token_ids)]


def test_entries_bytes_and_positions_are_those_of_the_filled_cache(model: LoadedModel) -> None:
    generation = run(model, "drop_oldest")
    assert (generation.entries_before, generation.entries_after) == (2 * 2 * TOKENS, 2 * 2 * TOKENS // 2)
    assert generation.bytes_after * 2 == generation.bytes_before
    assert generation.kept is not None
    assert all(positions.tolist() == list(range(30, 60)) for heads in generation.kept.positions for positions in heads)
    assert generation.notes == ("run by transformers' own attention, alone in its batch",)


def test_a_lossless_cache_replies_as_the_uncompressed_model(model: LoadedModel) -> None:
    plain = run_jobs(model, [uncompressed_job()])[0]
    generation = run(model, "lossless")
    assert generation.token_ids == plain.token_ids and generation.entries_after == generation.entries_before


def test_a_cache_that_changes_nothing_is_an_error(model: LoadedModel) -> None:
    with pytest.raises(
        InactivePolicyError,
        match=r"plain --ratio=0\.5 changed nothing: the cache holds all 240 entries .* proves nothing",
    ):
        run(model, "plain")


def test_an_error_in_a_policy_is_one_line_and_stops_no_other_job(model: LoadedModel) -> None:
    broken, later, fine = try_jobs(model, [job("broken"), job("broken_later"), job("drop_oldest")])
    assert str(broken).endswith("Broken broke while filling its cache: RuntimeError: the size of tensor a must match")
    assert str(later).endswith("BrokenLater broke while the model went on with its cache: IndexError: no message")
    assert isinstance(broken, PolicyError) and isinstance(fine, Generation)


def test_scope_decode_is_refused_with_a_remedy(model: LoadedModel) -> None:
    with pytest.raises(PolicyError, match=r"no budget can be held from outside\. Use --kv-scope=context"):
        run(model, "drop_oldest", hold_budget=True)


def test_a_note_tells_when_the_ratio_is_missed(model: LoadedModel) -> None:
    note = "--ratio={} was requested, 0.0% of the entries are removed"
    assert note.format("0.01") not in run(model, "lossless", ratio="0.01").notes
    assert note.format("0.5") in run(model, "lossless").notes


def test_a_lossless_cache_samples_and_traces_as_the_uncompressed_model(model: LoadedModel) -> None:
    options = {"sampling": Sampling(1.0, 0.9, "s"), "top_logits": 4, "timed": True}
    plain, own = (
        run_jobs(model, [requested])[0] for requested in (uncompressed_job(**options), job("lossless", **options))
    )
    assert own.token_ids == plain.token_ids and own.seconds is not None
    assert own.logits.ids.shape == plain.logits.ids.shape == (len(own.token_ids), 4)


def test_wrappers_refuse_a_policy_that_fills_a_cache_of_its_own() -> None:
    from kvguard_policies.modifiers.fair import Fair
    from kvguard_policies.quantizers.kivi import Kivi

    for wrap in (Fair, Kivi):
        with pytest.raises(PolicyError, match="fills a cache of its own, and nothing can be put around that"):
            wrap(DropOldest())
