"""An accelerator never waits for the host while rows decode, and what the host reads late changes no reply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import torch

from benchmarks.step_tracing import StepTrace
from kvguard_policies import Layout, compress, load, prefill
from kvguard_policies.attention import MATMUL, ragged_attention
from pytest_kvguard.engine import batch as batch_module
from pytest_kvguard.engine.batch import CALL_SIZES, Batch
from pytest_kvguard.engine.decode import decode_rows
from pytest_kvguard.engine.hold import BudgetHolder
from pytest_kvguard.engine.logit_trace import LogitTrace
from pytest_kvguard.engine.room import Room
from pytest_kvguard.engine.row import NOT_FINITE, Row
from pytest_kvguard.engine.sampling import Sampling, draw_token, draw_tokens
from tests.models import random_ids
from tests.policies.matrix import model_of

SAMPLING = Sampling(temperature=0.8, top_p=0.9, stream="late")
KIVI = "kivi(bits=2, group=4, residual=16)"
ARMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "evicted": {"specs": ["snapkv(window=4)"]},
    "heads apart": {"specs": ["adakv(snapkv(window=4))"]},
    "batch": {"specs": ["none", "snapkv(window=4)", "adakv(knorm)"], "count": 9},
    "quantized": {"specs": [KIVI], "count": 2},
    "traced": {"specs": ["none", "knorm"], "count": 3, "trace": 4},
    "drawn": {"specs": ["none", "knorm"], "count": 3, "sampling": SAMPLING},
    "ties looked for": {"count": 3, "tie": 1e-9},
}


def row_of(model: Any, spec: str, seed: int, new: int = 40, held: bool = False) -> Row:
    ids = random_ids(33 + 7 * seed % 40, seed)
    layout, policy = Layout(len(ids) - 3), None if spec == "none" else load(spec)
    record = prefill(model, ids[:-3], layout, policy.needs(layout) if policy else (), hold_recent=held)
    cache = compress(record, policy, Fraction("0.5"))
    return Row(cache, tuple(ids[-3:]), new, BudgetHolder(record, cache, policy) if policy and held else None)


def rows_of(
    model: Any, specs: Sequence[str] = ("none",), count: int = 1, trace: int = 0, sampling: Sampling | None = None
) -> list[Row]:
    rows = [row_of(model, specs[seed % len(specs)], seed) for seed in range(count)]
    for seed, row in enumerate(rows):
        row.trace = LogitTrace(trace) if trace else None
        row.sampling = replace(sampling, stream=str(seed)) if sampling else None
    return rows


def steady_steps(head_layout: str, kernel: str, tie: float = 0.0, **arm: Any) -> tuple[StepTrace, StepTrace]:
    """Return the traces of two steps in a batch whose rows go on."""
    model = model_of(head_layout)
    batch = Batch(model, kernel, frozenset(), CALL_SIZES[0])
    batch.late, batch.tie = 1, tie
    with ragged_attention(model):
        batch.join(rows_of(model, **arm))
        batch.step()
        traces = StepTrace(), StepTrace()
        for trace in traces:
            with trace:
                batch.step()
                trace.begin()
                batch.step()
    return traces


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize(
    ("head_layout", "kernel"),
    [("llama-two-kv-heads-of-three", MATMUL), ("llama-two-kv-heads-of-three", "eager"), ("gemma3-sliding", "sdpa")],
)
def test_no_steady_step_waits_for_the_device(head_layout: str, kernel: str, arm: str) -> None:
    traces = steady_steps(head_layout, kernel, **ARMS[arm])
    assert [dict(trace.waits) for trace in traces] == [{}, {}]
    assert all(trace.shapes and trace.allocations for trace in traces), "the steps were seen"


@pytest.mark.parametrize("kernel", [MATMUL, "sdpa"])
@pytest.mark.parametrize("arm", [arm for arm in ARMS if arm != "quantized"])
def test_every_steady_step_runs_the_same_operations_on_the_same_shapes(kernel: str, arm: str) -> None:
    first, second = steady_steps("gemma3-sliding", kernel, **ARMS[arm])
    assert first.shapes == second.shapes


WAITING: dict[str, Callable[[torch.Tensor], object]] = {
    "item": lambda x: x[0].item(),
    "float": lambda x: float(x[0]),
    "comparison": lambda x: 1 if (x == x).all() else 0,
    "tolist": lambda x: x.tolist(),
    "cpu": lambda x: x.cpu(),
    "numpy": lambda x: x.numpy(),
    "nonzero": lambda x: x.nonzero(),
    "where": lambda x: torch.where(x > 1),
    "mask": lambda x: x[x > 1],
    "mask of rows": lambda x: x.masked_select(x > 1),
    "unique": lambda x: x.unique(),
    "equal": lambda x: torch.equal(x, x),
    "repeated by a tensor": lambda x: x.repeat_interleave((x > 1).long()),
    "new on the device": lambda x: torch.tensor([1], device=x.device),
    "copied to the device": lambda x: torch.tensor([1]).to(x.device),
    "copied to the host": lambda x: torch.empty(3).copy_(x),
    "index on the host": lambda x: x[torch.tensor([0, 1])],
}


@pytest.mark.parametrize("name", WAITING)
def test_the_trace_finds_what_waits(name: str) -> None:
    numbers = torch.tensor([1.0, 2.0, 3.0])
    with StepTrace() as trace:
        WAITING[name](numbers)
    assert len(trace.waits) == 1 and "test_late_reading.py" in next(iter(trace.waits))


def test_the_trace_lets_the_host_read_what_arrived_before_the_newest_step() -> None:
    numbers = torch.tensor([1.0, 2.0, 3.0])
    with StepTrace() as trace:
        host = torch.empty(3)
        host.copy_(numbers, non_blocking=True)
        trace.next_step()
        assert host.tolist() == [1.0, 2.0, 3.0] and not trace.waits
        host.copy_(numbers, non_blocking=True)
        host.tolist()
    assert sum(trace.waits.values()) == 1, "read in the step that copied it"


def many_rows(model: Any) -> list[Row]:
    """Return rows of every kind, some of which end early and others at their length."""
    specs = ["none", "snapkv(window=4)", "adakv(knorm)", "kivi(bits=2, group=4, residual=4)"]
    rows = [row_of(model, specs[seed % 4], seed, new=5 + 9 * seed % 31) for seed in range(12)]
    rows.append(row_of(model, "snapkv(window=4)", 12, new=9, held=True))
    for row in rows[::3]:
        row.trace = LogitTrace(3)
    for seed, row in enumerate(rows[1::4]):
        row.sampling = replace(SAMPLING, stream=str(seed))
    return rows


def outcome(rows: Sequence[Row]) -> list[object]:
    traces = [row.trace.result() if row.trace else None for row in rows]
    bits = [trace and (trace.ids.tobytes(), trace.values.tobytes(), trace.log_sums.tobytes()) for trace in traces]
    return [(row.generated, row.stopped, seen) for row, seen in zip(rows, bits, strict=True)]


def late(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    monkeypatch.setattr(batch_module, "LATE_STEPS", {"cpu": steps})


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("room", [Room(3, 600), Room(128, 100_000)], ids=["few", "many"])
def test_replies_that_are_read_late_are_the_same(monkeypatch: pytest.MonkeyPatch, steps: int, room: Room) -> None:
    model = model_of("llama-two-kv-heads-of-three")
    stop_ids = frozenset(range(3, 23))
    at_once, read_late = many_rows(model), many_rows(model)
    decode_rows(model, at_once, stop_ids, room=room)
    assert {row.stopped for row in at_once} == {"stop", "length"}
    late(monkeypatch, steps)
    decode_rows(model, read_late, stop_ids, room=room)
    assert outcome(read_late) == outcome(at_once)


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_ties_that_are_decided_late_give_the_same_replies(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    """A row that read a token too early forgets it; here every third token is decided against the batch."""
    model = model_of("llama-two-kv-heads-of-three")

    def contrary(batch: Batch, row: Row) -> int:
        return (sum(row.generated) + 7) % 200 if len(row.generated) % 3 == 1 else expected[id(row)]()

    def replies(steps: int) -> list[list[int]]:
        rows = [row_of(model, spec, seed, new=14) for seed, spec in enumerate(["none", "knorm", "adakv(knorm)"])]
        for row in rows:
            expected[id(row)] = lambda row=row: alone(row)
        batch = Batch(model, MATMUL, frozenset({7}), CALL_SIZES[0])
        batch.late, batch.tie, batch.break_tie = steps, 1e9, contrary
        with ragged_attention(model):
            batch.join(rows)
            while batch.rows:
                batch.step()
        assert batch.overrun >= (steps > 0)
        return [row.generated for row in rows]

    def alone(row: Row) -> int:
        twin = Row(row.cache, (*row.fed, *row.generated), 1)
        decode_rows(model, [twin], frozenset(), tie=0.0)
        return twin.generated[0]

    expected: dict[int, Callable[[], int]] = {}
    assert replies(steps) == replies(0)


def test_a_reply_that_is_not_finite_ends_late_without_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    late(monkeypatch, 1)
    model = model_of("llama-two-kv-heads-of-three")
    forward = Batch._forward

    def broken(self: Batch, shelves: Any, ids: torch.Tensor, start: torch.Tensor) -> torch.Tensor:
        logits = forward(self, shelves, ids, start)
        assert (ids >= 0).all(), "no model can read the token that stands for none"
        return torch.where((start > 45)[:, None, None], torch.nan, logits[: len(start)])

    monkeypatch.setattr(Batch, "_forward", broken)
    rows = [row_of(model, "none", seed) for seed in range(2)]
    decode_rows(model, rows, frozenset())
    assert [row.stopped for row in rows] == [NOT_FINITE] * 2
    assert all(0 < len(row.generated) < 20 for row in rows)


def test_tokens_computed_after_a_reply_has_ended_are_counted() -> None:
    model, overruns = model_of("llama-two-kv-heads-of-three"), []
    reply = [row_of(model, "none", 0, new=12)]
    decode_rows(model, reply, frozenset())
    for steps, stops in ((0, True), (1, True), (3, True), (3, False)):
        row = row_of(model, "none", 0, new=12)
        batch = Batch(model, MATMUL, frozenset(reply[0].generated[3:4] if stops else ()), CALL_SIZES[0])
        batch.late = steps
        with ragged_attention(model):
            batch.join([row])
            while batch.rows:
                batch.step()
        overruns.append((row.stopped, batch.overrun))
    assert overruns == [("stop", 0), ("stop", 1), ("stop", 3), ("length", 0)]


def test_a_row_draws_the_same_token_alone_and_among_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_kvguard.engine.sampling.DRAWN_ELEMENTS", 1000)
    logits = torch.randn(7, 301, generator=torch.Generator().manual_seed(0)) * 3
    draws = [(Sampling(0.3 + 0.2 * n, 0.2 + 0.1 * n, str(n)), n) for n in range(7)]
    expected = [draw_in_turn(row, *draw) for row, draw in zip(logits, draws, strict=True)]
    assert draw_tokens(logits, draws).tolist() == expected
    assert [draw_token(row, *draw) for row, draw in zip(logits, draws, strict=True)] == expected


def draw_in_turn(logits: torch.Tensor, sampling: Sampling, position: int) -> int:
    """Return the token of the nucleus at which the summed probabilities pass the draw."""
    chances = torch.softmax(logits / sampling.temperature, -1).tolist()
    order = sorted(range(len(chances)), key=lambda token: (-chances[token], token))
    nucleus, total = [], 0.0
    for token in order:
        if nucleus and total >= sampling.top_p:
            break
        nucleus.append(token)
        total += chances[token]
    target, below = sampling.uniform(position) * total, 0.0
    for token in nucleus:
        below += chances[token]
        if below > target:
            return token
    return nucleus[-1]
