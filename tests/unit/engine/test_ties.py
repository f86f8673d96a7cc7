"""Batch invariance: a reply does not depend on the other rows of its batch, nor on their lengths or order."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

import pytest
import torch
from torch import Tensor

from kvguard_policies import Layout, compress, load, prefill
from kvguard_policies.attention import MATMUL
from pytest_kvguard.engine import decode
from pytest_kvguard.engine.batch import CALL_SIZES, Batch
from pytest_kvguard.engine.decode import decode_rows
from pytest_kvguard.engine.hold import BudgetHolder
from pytest_kvguard.engine.room import Room
from pytest_kvguard.engine.row import Row
from pytest_kvguard.engine.ties import TIE_MARGINS, safe_call_size, tie_margin
from pytest_kvguard.models.load_model import LoadedModel
from tests.models import VOCABULARY, random_ids, random_model

NEW, ROWS = 24, 9
DTYPES = [torch.float32, torch.bfloat16]
LAYOUTS = ["llama-two-kv-heads-of-three", "gemma3-sliding"]
POLICIES = ["none", "snapkv(window=4)", "pyramidkv(window=4)", "kivi(bits=2, group=4, residual=4)"]


def model_with_ties(head_layout: str, dtype: torch.dtype = torch.float32):  # type: ignore[no-untyped-def]
    """Return a random model in which every token has a twin with nearly the same logit."""
    model = random_model(head_layout)
    weight, half = model.lm_head.weight.data, VOCABULARY // 2
    noise = torch.randn(half, weight.shape[1], generator=torch.Generator().manual_seed(1))
    weight[half : 2 * half] = weight[:half] + 1e-6 * noise
    return model.to(dtype)


def rows_of(model, policies: list[str] = POLICIES) -> list[Row]:  # type: ignore[no-untyped-def]
    rows = []
    for number in range(ROWS):
        tokens, fed = 20 + 9 * number % 70, 1 + 5 * number % 12
        ids, layout, spec = random_ids(tokens + fed, number), Layout(tokens), policies[number % len(policies)]
        policy = None if spec == "none" else load(spec)
        record = prefill(model, ids[:tokens], layout, policy.needs(layout) if policy else ())
        rows.append(Row(compress(record, policy, Fraction("0.4")), tuple(ids[tokens:]), 3 + NEW * number % 29))
    return rows


def replies(model, rows: list[Row], room: Room | None = None, **options: Any) -> list[list[int]]:  # type: ignore[no-untyped-def]
    decode_rows(model, rows, frozenset({3}), room=room, **options)
    return [row.generated for row in rows]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("head_layout", LAYOUTS)
def test_replies_full_of_near_ties_are_the_same_in_any_batch(head_layout: str, dtype: torch.dtype) -> None:
    model = model_with_ties(head_layout, dtype)
    alone = [replies(model, [row])[0] for row in rows_of(model)]
    assert len({tuple(reply) for reply in alone}) > ROWS / 2
    for seed, room in enumerate((Room(3, 500), Room(128, 100_000))):
        rows = rows_of(model)
        order = list(range(ROWS))
        Random(seed).shuffle(order)
        replies(model, [rows[number] for number in order], room)
        assert [row.generated for row in rows] == alone


@pytest.fixture
def disturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the other rows of a batch change the last bits of logits, as on machines whose kernels choose by shape."""
    forward = Batch._forward

    def noisy(self: Batch, shelves: list, ids: list[list[int]], start: list[int]) -> Tensor:
        logits = forward(self, shelves, ids, start)
        generator = torch.Generator().manual_seed(len(ids))
        noise = torch.randn(logits.shape, generator=generator) * (1e-4 if len(ids) > 1 else 0)
        return logits + noise

    monkeypatch.setattr(Batch, "_forward", noisy)


def test_without_batch_invariance_ties_are_decided_alone(disturbed: None) -> None:
    model = model_with_ties("llama-no-gqa")
    assert safe_call_size(model, MATMUL) is None
    assert tie_margin(model) == TIE_MARGINS[torch.float32]
    plain = ["none", "snapkv(window=4)"]
    alone = [replies(model, [row])[0] for row in rows_of(model, plain)]
    undecided = replies(model, rows_of(model, plain), tie=0.0)
    assert undecided != alone, "the disturbance flips ties"
    for room in (Room(3, 10_000), Room(128, 100_000)):
        assert replies(model, rows_of(model, plain), room) == alone


def test_without_batch_invariance_rows_whose_earlier_cache_is_lost_are_decoded_alone(
    disturbed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, spec, sizes = model_with_ties("llama-no-gqa"), load("snapkv(window=4)"), []

    def held() -> Row:
        ids, layout = random_ids(40, 5), Layout(36)
        record = prefill(model, ids[:36], layout, spec.needs(layout), hold_recent=True)
        cache = compress(record, spec, Fraction("0.5"))
        return Row(cache, tuple(ids[36:]), NEW, BudgetHolder(record, cache, spec))

    safe_call_size(model, MATMUL)
    step = Batch.step

    def noting(self: Batch) -> list[Row]:
        sizes.append((len(self.rows), any(row.holder for row in self.rows)))
        return step(self)

    monkeypatch.setattr(Batch, "step", noting)
    row, packed = held(), rows_of(model, [POLICIES[-1]])[0]
    alone = [replies(model, [held()])[0], replies(model, rows_of(model, [POLICIES[-1]])[:1])[0]]
    assert replies(model, [*rows_of(model, ["none"]), row, packed])[-2:] == alone
    assert {size for size, holds in sizes if holds} == {1}


def test_where_only_large_calls_are_batch_invariant_rows_are_decoded_in_large_calls(
    monkeypatch: pytest.MonkeyPatch, count_calls: Callable
) -> None:
    """Kernels that run other code below 64 tokens, as those for tiles do, change no reply."""
    forward = Batch._forward

    def coarse(self: Batch, shelves: list, ids: list[list[int]], start: list[int]) -> Tensor:
        assert self.size is not None
        tokens = self.size.rows(len(ids), len(ids[0])) * len(ids[0])
        return forward(self, shelves, ids, start) * (1 + 1e-4 * (tokens < 64))

    monkeypatch.setattr(Batch, "_forward", coarse)
    model = model_with_ties("llama-no-gqa")
    assert safe_call_size(model, "eager") == CALL_SIZES[1]
    monkeypatch.setattr(decode, "next_token_alone", lambda batch, row: pytest.fail("decided for its row alone"))
    with count_calls(LoadedModel("ties", model, None, frozenset(), 256)) as shapes:
        rows = rows_of(model)
        shapes.clear()
        alone = [replies(model, [row], kernel="eager")[0] for row in rows]
    assert min(count * tokens for count, tokens in shapes) >= 64
    assert replies(model, rows_of(model), kernel="eager") == alone


def test_the_safe_call_size_is_tried_out_once_per_model(count_calls: Callable) -> None:
    model = LoadedModel("ties", random_model("mistral"), None, frozenset(), 256)
    with count_calls(model) as shapes:
        first = safe_call_size(model.model, MATMUL)
        calls = len(shapes)
        assert safe_call_size(model.model, MATMUL) is first and len(shapes) == calls > 0
