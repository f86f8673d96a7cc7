"""Rows join as others end, whatever the room; after memory runs out, every reply is still complete and the same."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
import torch

from kvguard_policies import Layout, compress, load, prefill
from pytest_kvguard.engine import batch, decode
from pytest_kvguard.engine.decode import decode_rows
from pytest_kvguard.engine.hold import BudgetHolder
from pytest_kvguard.engine.logit_trace import LogitTrace
from pytest_kvguard.engine.room import FEWEST_ENTRIES, MOST_ROWS, Room, is_out_of_memory, room_for
from pytest_kvguard.engine.row import Row
from pytest_kvguard.models.load_model import LoadedModel
from tests.models import random_ids

SIZES = [(12, 1, 2), (13, 2, 20), (60, 3, 5), (15, 4, 11), (90, 1, 1), (17, 9, 20), (18, 20, 3), (100, 2, 30)]
"""Tokens of the context, tokens fed, tokens generated."""


def rows_of(model: LoadedModel) -> list[Row]:
    rows = []
    for seed, (tokens, fed, new) in enumerate(SIZES):
        ids = random_ids(tokens + fed, seed)
        cache = compress(prefill(model.model, ids[:tokens]), None, Fraction(0))
        rows.append(Row(cache, tuple(ids[tokens:]), new))
    return rows


def held_row(model: LoadedModel) -> Row:
    ids, policy, layout = random_ids(40, 9), load("snapkv(window=4)"), Layout(36)
    record = prefill(model.model, ids[:36], layout, policy.needs(layout), hold_recent=True)
    cache = compress(record, policy, Fraction("0.5"))
    return Row(cache, tuple(ids[36:]), 12, BudgetHolder(record, cache, policy), trace=LogitTrace(2))


@pytest.fixture
def alone(small_model: LoadedModel) -> list[list[int]]:
    """Return the replies of rows that were decoded one after the other."""
    rows = [*rows_of(small_model), held_row(small_model)]
    for row in rows:
        decode_rows(small_model.model, [row], frozenset())
    return [row.generated for row in rows]


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that receives the number of rows of every step."""
    noted: list[int] = []
    step = decode.Batch.step

    def noting(self: decode.Batch) -> list[Row]:
        noted.append(len(self.rows))
        return step(self)

    monkeypatch.setattr(decode.Batch, "step", noting)
    return noted


@pytest.mark.parametrize("room", [Room(1, 10_000), Room(3, 10_000), Room(4, 200), Room(100, 10_000), Room(5, 1)])
def test_replies_are_the_same_whatever_the_room(
    small_model: LoadedModel, alone: list[list[int]], sizes: list[int], room: Room
) -> None:
    rows, ended = [*rows_of(small_model), held_row(small_model)], []
    decode_rows(small_model.model, rows, frozenset(), room=room, on_end=ended.append)
    assert [row.generated for row in rows] == alone
    assert max(sizes) <= room.rows
    assert sorted(map(id, ended)) == sorted(map(id, rows)), "on_end is called once for every row"
    assert [row.trace.result().ids[:, 0].tolist() for row in rows[-1:]] == alone[-1:]


def test_waiting_rows_join_as_soon_as_places_are_free(small_model: LoadedModel, sizes: list[int]) -> None:
    decode_rows(small_model.model, rows_of(small_model), frozenset(), room=Room(3, 10_000))
    generated = sum(new for *_, new in SIZES)
    assert sum(sizes) == generated, "every step of every row answers"
    full = sizes.index(1) if 1 in sizes else len(sizes)
    assert all(size >= 2 for size in sizes[:full]) and set(sizes[full:]) <= {1}, "only the last reply is alone"


def test_rows_that_need_more_than_there_is_room_for_run_one_by_one(small_model: LoadedModel, sizes: list[int]) -> None:
    decode_rows(small_model.model, rows_of(small_model), frozenset(), room=Room(8, 64))
    assert set(sizes) == {1}


@pytest.mark.parametrize(("most", "calls"), [(4, 6), (8, 4), (64, 3)])
def test_long_questions_are_fed_in_calls_of_bounded_size(
    small_model: LoadedModel, monkeypatch: pytest.MonkeyPatch, count_calls: Callable, most: int, calls: int
) -> None:
    monkeypatch.setattr(decode, "safe_call_size", lambda model, kernel: batch.CallSize(8, most))
    rows = rows_of(small_model)
    with count_calls(small_model) as shapes:
        decode_rows(small_model.model, rows, frozenset())
    fed = [(rows, tokens) for rows, tokens in shapes if tokens > 1]
    assert len(fed) == calls
    assert max(tokens for _, tokens in fed) == 20, "20 tokens, all but the last at once"
    assert all(8 <= rows * tokens <= max(8, most, tokens) for rows, tokens in fed)


@pytest.mark.parametrize("size", batch.CALL_SIZES)
def test_calls_have_sizes_at_which_rows_are_computed_to_the_same_bits(size: batch.CallSize) -> None:
    for tokens in (1, 4, 12, 28, 64, 128, 300):
        for count in range(1, max(1, size.most // tokens) + 1):
            rows = size.rows(count, tokens)
            assert rows >= count and (tokens > 1 or rows % 8 == 0)
            assert size.fewest <= rows * tokens <= max(size.most, tokens)


class Memory:
    """Memory that runs out while more than ``rows`` rows are decoded."""

    def __init__(self, rows: int, error: Exception) -> None:
        self.rows, self.error = rows, error
        self.refused: list[int] = []

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        step = decode.Batch.step

        def bounded(batch: decode.Batch) -> list[Row]:
            if len(batch.rows) > self.rows:
                self.refused.append(len(batch.rows))
                raise self.error
            return step(batch)

        monkeypatch.setattr(decode.Batch, "step", bounded)


OUT_OF_MEMORY = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: not enough memory: you tried to allocate"),
    MemoryError(),
]


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=lambda error: type(error).__name__)
def test_memory_that_runs_out_halves_the_batch_and_decoding_goes_on(
    small_model: LoadedModel, alone: list[list[int]], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    memory = Memory(2, error)
    memory.install(monkeypatch)
    rows, ended = [*rows_of(small_model), held_row(small_model)], []
    decode_rows(small_model.model, rows, frozenset(), room=Room(16, 10_000), on_end=ended.append)
    assert [row.generated for row in rows] == alone
    assert len(memory.refused) == 3, "16, 8 and 4 rows are too many"
    assert len({id(row) for row in ended}) == len(ended) == len(rows)
    assert small_model.model.config._attn_implementation == "sdpa"


def test_too_little_memory_for_one_row_is_an_error(small_model: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    Memory(0, MemoryError("no room")).install(monkeypatch)
    with pytest.raises(MemoryError, match="no room"):
        decode_rows(small_model.model, rows_of(small_model), frozenset())


def test_other_errors_are_not_mistaken_for_a_lack_of_memory(
    small_model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory(2, RuntimeError("shapes do not fit"))
    memory.install(monkeypatch)
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        decode_rows(small_model.model, rows_of(small_model), frozenset())
    assert len(memory.refused) == 1
    assert not is_out_of_memory(memory.error) and all(map(is_out_of_memory, OUT_OF_MEMORY))


def test_the_room_follows_the_free_memory(small_model: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = compress(prefill(small_model.model, random_ids(12)), None, Fraction(0))
    token = cache.cache_bytes // 12
    for free, entries in ((0, FEWEST_ENTRIES), (token * 80_000, 20_000), (token * 800_000, 200_000)):
        monkeypatch.setattr("pytest_kvguard.engine.room.free_bytes", lambda device, free=free: free)
        assert room_for(small_model.model, cache) == Room(MOST_ROWS, entries)
    assert Room(9, 100).halved == Room(4, 50) and Room(1, 1).halved == Room(1, 1)
