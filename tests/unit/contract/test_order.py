"""The orders under which a contract is run."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.contract.model import Block, Contract, Instruction, Orderings, Probe
from pytest_kvguard.contract.order import sample_orders


def build(ids: str, orderings: Orderings | None) -> Contract:
    parts = (Block("h", "History."), *(Instruction(name, f"Text {name}.") for name in ids))
    return Contract("c", Path("c.kv.yaml"), "", parts, (Probe("p", ("Hi",)),), orderings)


def test_without_orderings_only_the_written_order_is_run() -> None:
    assert sample_orders(build("abc", None), seed=5) == (("a", "b", "c"),)


def test_the_written_order_comes_first() -> None:
    orders = sample_orders(build("abcd", Orderings(sample=5)), seed=1)
    assert orders[0] == tuple("abcd")
    assert len(orders) == 6


def test_the_same_seed_gives_the_same_orders_and_another_seed_others() -> None:
    contract = build("abcdef", Orderings(sample=6))
    assert sample_orders(contract, 1) == sample_orders(contract, 1)
    assert sample_orders(contract, 1) != sample_orders(contract, 2)


@pytest.mark.parametrize(("ids", "orders"), [("a", 1), ("ab", 2), ("abc", 6)])
def test_there_are_never_more_orders_than_exist(ids: str, orders: int) -> None:
    assert len(sample_orders(build(ids, Orderings(sample=100)), 0)) == orders


def test_no_samples_means_the_written_order_alone() -> None:
    assert sample_orders(build("abc", Orderings(sample=0)), 0) == (("a", "b", "c"),)


def test_pins_hold_in_every_sampled_order() -> None:
    orders = sample_orders(build("abcdef", Orderings(sample=6, first=("f", "c"), last=("a",))), 3)
    assert orders[0] == tuple("abcdef")
    assert len(orders) == 7
    for order in orders[1:]:
        assert order[:2] == ("f", "c")
        assert order[-1] == "a"


def test_a_fully_pinned_order_is_tried_beside_the_written_one() -> None:
    assert sample_orders(build("ab", Orderings(sample=4, first=("b", "a"))), 0) == (("a", "b"), ("b", "a"))
    assert sample_orders(build("ab", Orderings(sample=4, first=("a", "b"))), 0) == (("a", "b"),)


@given(
    size=st.integers(1, 6),
    sample=st.integers(0, 30),
    first=st.integers(0, 2),
    last=st.integers(0, 2),
    seed=st.integers(),
)
def test_orders_are_distinct_permutations_that_respect_the_pins(
    size: int, sample: int, first: int, last: int, seed: int
) -> None:
    ids = "abcdef"[:size]
    head = tuple(ids[::-1][:first])
    tail = tuple(name for name in ids if name not in head)[:last]
    orders = sample_orders(build(ids, Orderings(sample, head, tail)), seed)
    assert len(set(orders)) == len(orders)
    assert len(orders) <= 1 + min(sample, math.factorial(size - len(head) - len(tail)))
    for order in orders[1:]:
        assert sorted(order) == sorted(ids)
        assert order[: len(head)] == head
        assert order[len(order) - len(tail) :] == tail
