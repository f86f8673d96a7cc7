"""Cost curves: the figures of every size, where a curve rises, and the time that a tree of prefixes could save."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.cost_curves import Point, _rises, main, measure_points, parse_sizes
from benchmarks.curve_jobs import (
    PREAMBLE_TOKENS,
    CurveJobs,
    cell_jobs,
    context_jobs,
    count_distinct_tokens,
    order_jobs,
    preamble_jobs,
    prefill_all,
)
from pytest_kvguard.errors import UsageError
from pytest_kvguard.models.load_model import LoadedModel
from tests.models import random_model
from tests.tokenizers import character_tokenizer

POINT = Point("cells", 16, 16, 256, 32.0, 8.0, 0.5)


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    return LoadedModel("tiny", random_model("llama-two-kv-heads-of-three"), character_tokenizer(), frozenset(), 4096)


def test_seconds_are_per_cell_and_for_contexts_per_token_too() -> None:
    assert POINT.unit_seconds == 2.0
    assert replace(POINT, curve="context").unit_seconds == pytest.approx(1000 * 2.0 / 256)


def test_a_tree_saves_at_most_the_shared_part_of_the_prefills() -> None:
    assert POINT.tree_share == pytest.approx(0.5 * 8 / 32)


@pytest.mark.parametrize(
    ("seconds", "rises"),
    [([4, 2, 2.1, 1], [False] * 4), ([2, 4], [False, True]), ([4, 2, 3, 1], [False, False, True, False]), ([], [])],
)
def test_a_curve_rises_where_a_point_lies_above_the_lowest_before(seconds: list[float], rises: list[bool]) -> None:
    assert _rises([replace(POINT, cpu_seconds=16 * value) for value in seconds]) == rises


@pytest.mark.parametrize(
    ("contexts", "nodes"),
    [([(1, 2, 3)], 3), ([(1, 2, 3), (1, 2, 4)], 4), ([(1, 2), (3,), (1, 2)], 3), ([(1, 2, 3), (1,), (1, 2)], 3)],
)
def test_the_nodes_of_a_prefix_tree_are_counted(contexts: list[tuple[int, ...]], nodes: int) -> None:
    assert count_distinct_tokens(contexts) == nodes


def test_every_size_is_prefilled_once_per_context_and_measured_apart(model: LoadedModel) -> None:
    ticks = iter(range(100))
    small = cell_jobs(model, 16, 1)
    (point,) = measure_points(model, "cells", [(16, small)], lambda: float(next(ticks)))
    assert (point.cells, point.context_tokens, point.cpu_seconds, point.prefill_seconds) == (16, 256, 1.0, 1.0)
    assert point.shared_share == 0.0


def test_cells_share_contexts_by_sixteen_and_no_two_contexts_are_alike(model: LoadedModel) -> None:
    work = cell_jobs(model, 64, 2)
    assert (len(work.jobs), len(set(work.jobs)), len(set(work.contexts))) == (64, 64, 4)


def test_a_context_has_as_many_tokens_as_asked_for(model: LoadedModel) -> None:
    work: CurveJobs = context_jobs(model, 1000, 2)
    assert [len(context) for context in work.contexts] == [1000]
    assert [job.cell.policy_name for job in work.jobs] == ["none", "snapkv", "knorm", "tova"]


def test_orders_are_of_one_contract_and_share_a_prefix(model: LoadedModel) -> None:
    work = order_jobs(model, 5, 2)
    assert (len(work.jobs), len(set(work.contexts))) == (20, 5)
    assert count_distinct_tokens(work.contexts) < sum(map(len, work.contexts))


def test_orders_after_a_preamble_prefill_it_once(model: LoadedModel) -> None:
    work = preamble_jobs(model, 3, 2)
    lengths = [len(context) for context in set(work.contexts)]
    assert len(lengths) == 3 and min(lengths) > PREAMBLE_TOKENS
    assert prefill_all(model, work.jobs) < sum(lengths) - 2 * (PREAMBLE_TOKENS - 64)


@pytest.mark.parametrize("text", ["a", "1.5", "0", "-1"])
def test_sizes_that_are_no_whole_numbers_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"Write e\.g\. --cells=16,64,256,1024"):
        parse_sizes("cells", text)


def test_sizes_are_sorted_and_may_be_left_out() -> None:
    assert parse_sizes("cells", "64, 16,64") == (16, 64)
    assert parse_sizes("orders", "") == ()


def test_cells_that_fill_no_context_are_refused(model: LoadedModel, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="20 is not a multiple of 16"):
        cell_jobs(model, 20, 1)
    assert main(["--cells=x"]) == 2
    assert "--cells=x is not a list" in capsys.readouterr().err
