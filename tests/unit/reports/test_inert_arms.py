"""An arm is inert where it equals another in every conversation: one that differs shows that it was on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_kvguard.reports.inert_arms import find_inert
from pytest_kvguard.reports.rows import SummaryRow
from pytest_kvguard.values.cell import Cell

HALF, TENTH = Cell.of("snapkv", "0.5"), Cell.of("snapkv", "0.1")
ROW = SummaryRow(
    contract="shop",
    probe="hours",
    instruction="hours",
    cell=HALF,
    order_index=0,
    verdict="HELD",
    keep_rate=0.5,
    achieved_ratio=0.5,
    bytes_before=0,
    bytes_after=0,
    baseline_tokens=10,
    compressed_tokens=10,
    notes=(),
    nodeid="shop.kv.yaml::shop",
    unsure_tokens=10,
)


def conversations(cell: Cell, *pairs: tuple[str, str]) -> list[SummaryRow]:
    """Return a row per conversation, each with the digests of its uncompressed and its compressed arm."""
    return [
        replace(ROW, cell=cell, order_index=order, baseline_digest=one, compressed_digest=other)
        for order, (one, other) in enumerate(pairs)
    ]


@pytest.mark.parametrize(
    ("pairs", "is_inert"),
    [
        ([("a", "a"), ("b", "b")], True),
        ([("a", "a"), ("b", "c")], False),
        ([("a", "c"), ("b", "b")], False),
        ([("a", "c"), ("b", "d")], False),
        # An arm that did not run says nothing.
        ([("a", "a"), ("b", "")], True),
        ([("", "")], False),
    ],
)
def test_a_cell_is_inert_where_every_conversation_equals_the_uncompressed_one(
    pairs: list[tuple[str, str]], is_inert: bool
) -> None:
    assert [found.cell for found in find_inert(conversations(HALF, *pairs))] == [HALF] * is_inert


@pytest.mark.parametrize(
    ("one", "other", "is_inert"),
    [
        (("x", "y"), ("x", "y"), True),
        (("x", "y"), ("x", "z"), False),
        (("x", "y"), ("z", "y"), False),
        (("x", "y"), ("x",), False),
    ],
)
def test_a_setting_was_ignored_where_two_cells_equal_each_other_in_every_conversation(
    one: tuple[str, ...], other: tuple[str, ...], is_inert: bool
) -> None:
    rows = [
        *conversations(TENTH, *zip("ab", one, strict=False)),
        *conversations(HALF, *zip("ab", other, strict=False)),
    ]
    assert [found.cell for found in find_inert(rows)] == [HALF] * is_inert


@pytest.mark.parametrize(("unsure", "is_inert"), [(10, True), (4, False), (None, False)])
def test_a_cache_that_shrank_is_contradicted_by_equal_logprobs_alone(unsure: int | None, is_inert: bool) -> None:
    for pairs in ([("a", "a")], [("a", "b")]):
        rows = [
            replace(row, bytes_before=100, bytes_after=98, unsure_tokens=unsure)
            for cell in (TENTH, HALF)
            for row in conversations(cell, *pairs)
        ]
        assert bool(list(find_inert(rows))) == is_inert


def test_what_equals_the_uncompressed_arm_is_not_compared_with_other_cells() -> None:
    rows = [*conversations(TENTH, ("a", "a")), *conversations(HALF, ("a", "a"))]
    assert ["compression was off" in found.message for found in find_inert(rows)] == [True, True]
