"""Strategies over arrangements: their draws and their shrinking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from pytest_kvguard.contract.model import Contract, Filler, Orderings
from pytest_kvguard.orderings import Arrangement, Inserted, arrange, orderings
from pytest_kvguard.orderings.strategies import draw_many

Make = Callable[..., Contract]
QUIET = hypothesis.settings(database=None, max_examples=500, derandomize=True)


def drawn(contract: Contract, **options: Any) -> tuple[Arrangement, ...]:
    return draw_many(orderings(contract, **options), 80, 5)


def smallest(strategy: st.SearchStrategy[Arrangement], condition: Callable[[Arrangement], bool]) -> Arrangement:
    return hypothesis.find(strategy, condition, settings=QUIET)


def test_orders_are_permutations_with_the_pins_at_their_ends(make_contract: Make) -> None:
    contract = make_contract(orderings=Orderings(first=("d",), last=("a", "b")))
    orders = [arrangement.order for arrangement in drawn(contract)]
    assert len(set(orders)) == 6
    assert all((order[0], *order[-2:]) == ("d", "a", "b") for order in orders)
    assert all(sorted(order) == list("abcdef") for order in orders)


def test_every_arrangement_can_be_applied(make_contract: Make) -> None:
    contract = make_contract(paraphrases=("One.", "Two."))
    for arrangement in drawn(contract, subsets=True, distractors=["Cats.", "Dogs."], filler=Filler(90)):
        arranged = arrange(contract, arrangement)
        assert arrangement.fits(contract)
        assert arranged.system_text(arrangement.order)
        assert len(arranged.parts) == 1 + len(arrangement.order) + len(arrangement.inserted)


def test_everything_that_may_vary_does(make_contract: Make) -> None:
    contract = make_contract(paraphrases=("One.", "Two."))
    many = drawn(contract, subsets=True, distractors=["Cats."], filler=Filler(90, "so"))
    assert {number for a in many for _, number in a.phrasings} == {1, 2}
    assert {piece.text for a in many for piece in a.inserted} == {"Cats.", "so"}
    assert len({piece.words for a in many for piece in a.inserted}) > 10
    assert {len(a.order) for a in many} == {1, 2, 3, 4, 5, 6}
    assert any(piece.after == len(a.order) for a in many for piece in a.inserted)


def test_the_orderings_of_the_contract_apply_unless_arguments_replace_them(make_contract: Make) -> None:
    contract = make_contract(orderings=Orderings(subsets=True, distractors=("Cats.",), filler=Filler(9)))
    assert any(len(a.order) < 6 for a in drawn(contract))
    assert any(piece.words for a in drawn(contract) for piece in a.inserted)
    assert all(len(a.order) == 6 for a in drawn(contract, subsets=False))
    assert all(piece.words for a in drawn(contract, distractors=()) for piece in a.inserted)


def test_the_instruction_to_keep_is_always_present_and_no_arrangement_is_empty(make_contract: Make) -> None:
    assert all("e" in a.order for a in drawn(make_contract(), subsets=True, keep="e"))
    assert all(a.order for a in drawn(make_contract("ab"), subsets=True))


def test_equal_seeds_draw_the_same_arrangements_and_other_seeds_others(make_contract: Make) -> None:
    strategy = orderings(make_contract())
    assert draw_many(strategy, 30, 1) == draw_many(strategy, 30, 1)
    assert draw_many(strategy, 30, 1) != draw_many(strategy, 30, 2)


@pytest.mark.filterwarnings("error")
def test_arrangements_shrink_to_few_instructions_in_the_written_order(make_contract: Make) -> None:
    contract = make_contract(paraphrases=("One.",))
    strategy = orderings(contract, subsets=True, distractors=["Cats."], filler=Filler(90))
    assert smallest(strategy, lambda a: True) == Arrangement(("a",))
    # "f" costs a draw more, for its paraphrase.
    assert smallest(strategy, lambda a: len(a.order) > 2).order == ("c", "d", "e")
    dies = smallest(strategy, lambda a: "".join(a.order).find("f") in range(len(a.order) - 2))
    assert dies == Arrangement(("f", "d", "e"))
    filled = smallest(strategy, lambda a: any(piece.words > 40 for piece in a.inserted))
    assert filled == Arrangement(("a",), inserted=(Inserted(0, None, 41),))
