"""Arrangements: applied to a contract, written as JSON, and reduced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_kvguard.contract.model import Block, Contract
from pytest_kvguard.orderings import Arrangement, Inserted, arrange
from pytest_kvguard.orderings.arrangement import FILLER, filler_text, inversions

Make = Callable[..., Contract]
FULL = Arrangement(("c", "a", "f"), (("f", 2),), (Inserted(0, "Cats."), Inserted(2, None, 3), Inserted(3, "Dogs.")))


def text_of(contract: Contract, arrangement: Arrangement) -> str:
    arranged = arrange(contract, arrangement)
    return arranged.system_text(arranged.written_order).replace("\n", " ")


def test_an_arranged_contract_has_the_order_of_its_arrangement(make_contract: Make) -> None:
    contract = make_contract(paraphrases=("First.", "Second."))
    assert text_of(contract, FULL) == "Preamble. History. Cats. Text c. Text a. The river is Second. Dogs."
    assert arrange(contract, FULL).written_order == ("c", "a", "f")
    assert arrange(contract, FULL).orderings is None


def test_the_written_order_changes_nothing(make_contract: Make) -> None:
    contract = make_contract()
    assert arrange(contract, Arrangement(contract.written_order)) == contract


def test_contracts_of_different_texts_have_different_names(make_contract: Make) -> None:
    contract = make_contract("abc")
    orders = [Arrangement(tuple(order)) for order in ("abc", "cba")]
    assert {arrange(contract, order).name for order in orders} == {"c"}
    others = [
        Arrangement(("a", "c")),
        *(Arrangement(("a", "b", "c"), inserted=(Inserted(place, "x"),)) for place in (0, 1)),
        Arrangement(("a", "b", "c"), inserted=(Inserted(0, None, 3),)),
    ]
    assert len({arrange(contract, other).name for other in (*orders, *others)}) == 5


def test_blocks_keep_their_places_among_fewer_instructions(make_contract: Make) -> None:
    contract = make_contract("abc")
    history, a, b, c = contract.parts
    contract = replace(contract, parts=(a, history, b, c, Block("end", "The end.")))
    assert text_of(contract, Arrangement(("c", "b"))) == "Preamble. Text c. History. Text b. The end."


def test_inserted_texts_take_no_id_of_the_contract(make_contract: Make) -> None:
    contract = make_contract("ab")
    contract = replace(contract, parts=(Block("inserted-1", "x"), *contract.parts))
    ids = [part.id for part in arrange(contract, Arrangement(("a", "b"), inserted=(Inserted(1, "y"),))).parts]
    assert ids == ["inserted-1", "history", "a", "inserted-1-", "b"]


def test_without_an_instruction_the_rest_stays_in_place() -> None:
    assert FULL.without("a") == Arrangement(
        ("c", "f"), (("f", 2),), (Inserted(0, "Cats."), Inserted(1, None, 3), Inserted(2, "Dogs."))
    )
    assert FULL.without("f").phrasings == ()


def test_an_arrangement_is_read_back_from_its_json() -> None:
    assert Arrangement.from_json(FULL.to_json()) == FULL


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"order": 3}', '{"order": [], "phrasings": [1], "inserted": []}'])
def test_other_texts_describe_no_arrangement(text: str) -> None:
    with pytest.raises(ValueError):
        Arrangement.from_json(text)


def test_an_arrangement_fits_only_a_contract_that_has_its_instructions_and_paraphrases(make_contract: Make) -> None:
    assert FULL.fits(make_contract(paraphrases=("First.", "Second.")))
    assert not FULL.fits(make_contract(paraphrases=("First.",)))
    assert not FULL.fits(make_contract("abf", paraphrases=("First.", "Second.")))


@pytest.mark.parametrize(("order", "swapped"), [("abc", 0), ("acb", 1), ("cab", 2), ("cba", 3), ("ca", 1), ("", 0)])
def test_distance_from_the_written_order_is_the_number_of_swapped_pairs(order: str, swapped: int) -> None:
    assert inversions(tuple(order), ("a", "b", "c")) == swapped


@pytest.mark.parametrize("words", [0, 1, 7, 500])
def test_filler_has_the_requested_length(words: int) -> None:
    assert len(filler_text(words).split()) == words
    assert filler_text(words, "so it goes") == " ".join((["so", "it", "goes"] * words)[:words])
    assert filler_text(12) == " ".join(FILLER.split()[:12])
