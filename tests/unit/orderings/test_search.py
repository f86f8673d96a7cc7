"""The search: finds a failing arrangement, makes it small, keeps to its budgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from pytest_kvguard.contract.model import Contract, Filler, Orderings
from pytest_kvguard.orderings import Arrangement, Inserted, orderings
from pytest_kvguard.orderings.arrangement import inversions
from pytest_kvguard.orderings.search import BATCH, Found, Judgement, Purse, Search
from pytest_kvguard.orderings.strategies import draw_many

Make = Callable[..., Contract]
Fails = Callable[[Arrangement], bool]


class Judge:
    """Ten tokens an arrangement; remembers what it was asked."""

    def __init__(self, fails: Fails) -> None:
        self.fails = fails
        self.batches: list[list[Arrangement]] = []

    def __call__(self, arrangements: Sequence[Arrangement]) -> list[Judgement]:
        self.batches.append(list(arrangements))
        return [Judgement(self.fails(arrangement), 10) for arrangement in arrangements]


def before(arrangement: Arrangement, first: str, *others: str) -> bool:
    places = {name: place for place, name in enumerate(arrangement.order)}
    return {first, *others} <= set(places) and all(places[first] < places[other] for other in others)


def search(
    contract: Contract, fails: Fails, limit: int = 10_000, shrink_limit: int = 10_000, **run: object
) -> tuple[Found | None, Search, Judge]:
    judge = Judge(fails)
    made = Search(contract, contract.written_order[-1], judge, Purse(limit, 20), Purse(shrink_limit, 20))
    drawn = draw_many(orderings(contract, keep=contract.written_order[-1]), 100, 0)
    return made.run(drawn, **run), made, judge  # type: ignore[arg-type]


def test_nothing_is_found_where_nothing_fails(make_contract: Make) -> None:
    found, made, judge = search(make_contract(), lambda a: False)
    assert found is None
    assert made.shrinking.spent == 0
    assert made.searching.spent == 10 * sum(map(len, judge.batches)) == 10 * made.searching.arrangements


def test_what_is_found_keeps_only_what_it_takes_to_fail(make_contract: Make) -> None:
    found, *_ = search(make_contract("abcdefgh"), lambda a: before(a, "h", "b", "e"))
    assert found
    assert found == Found(Arrangement(("h", "b", "e")), found.first, replayed=False, smallest=True)
    assert len(found.first.order) == 8


def test_the_order_found_is_the_one_nearest_to_the_written_one(make_contract: Make) -> None:
    contract = make_contract("abcdef")
    found, *_ = search(contract, lambda a: len(a.order) == 6 and before(a, "f", "b"))
    assert found
    assert found.arrangement.order == ("a", "f", "b", "c", "d", "e")
    assert inversions(found.arrangement.order, contract.written_order) == 4


def test_pins_hold_while_an_order_is_made_nearer(make_contract: Make) -> None:
    contract = make_contract("abcdef", Orderings(first=("d",), last=("b",)))
    found, _, judge = search(contract, lambda a: len(a.order) == 6 and before(a, "f", "c"))
    assert found
    assert found.arrangement.order == ("d", "a", "f", "c", "e", "b")
    full = [a.order for batch in judge.batches for a in batch if len(a.order) == 6]
    assert all((order[0], order[-1]) == ("d", "b") for order in full)


def test_what_was_inserted_and_reworded_goes_unless_it_is_needed(make_contract: Make) -> None:
    options = Orderings(distractors=("Cats.", "Dogs."), filler=Filler(800))
    contract = make_contract("abf", options, ("One.", "Two."))
    found, *_ = search(contract, lambda a: any(p.text == "Dogs." for p in a.inserted))
    assert found
    assert [piece.text for piece in found.arrangement.inserted] == ["Dogs."]
    assert (found.arrangement.order, found.arrangement.phrasings) == (("f",), ())
    found, *_ = search(contract, lambda a: ("f", 2) in a.phrasings)
    assert found and found.arrangement == Arrangement(("f",), (("f", 2),))


@pytest.mark.parametrize("needed", [9, 100, 300])
def test_filler_is_cut_to_within_an_eighth_of_what_it_takes(make_contract: Make, needed: int) -> None:
    contract = make_contract("af", Orderings(filler=Filler(800)))
    found, *_ = search(contract, lambda a: any(piece.words >= needed for piece in a.inserted))
    assert found
    (piece,) = found.arrangement.inserted
    assert needed <= piece.words <= needed * 8 / 7 + 1


def test_arrangements_run_in_batches_and_each_once(make_contract: Make) -> None:
    _, _, judge = search(make_contract("abcdefgh"), lambda a: before(a, "h", "b", "e"))
    seen = [arrangement for batch in judge.batches for arrangement in batch]
    assert len(seen) == len(set(seen))
    assert max(map(len, judge.batches)) == BATCH
    assert len(judge.batches) < 10


@pytest.mark.parametrize("limit", [20, 50, 200, 1000])
def test_neither_budget_is_ever_exceeded(make_contract: Make, limit: int) -> None:
    found, made, _ = search(make_contract("abcdefgh"), lambda a: before(a, "h", "b"), limit, limit)
    assert made.searching.spent <= limit
    assert made.shrinking.spent <= limit
    if found:
        assert before(found.arrangement, "h", "b")


def test_a_shrink_that_ran_out_of_tokens_says_that_it_may_not_be_the_smallest(make_contract: Make) -> None:
    found, made, _ = search(make_contract("abcdefgh"), lambda a: before(a, "h", "b"), shrink_limit=40)
    assert found and not found.smallest
    assert made.shrinking.short


def test_without_shrinking_it_is_left_as_found(make_contract: Make) -> None:
    found, made, _ = search(make_contract("abcdefgh"), lambda a: before(a, "h", "b"), shrink=False)
    assert found and found.arrangement == found.first
    assert made.shrinking.arrangements == 0
    assert not found.smallest


def test_what_failed_before_is_tried_before_anything_else(make_contract: Make) -> None:
    saved = [Arrangement(("f", "b", "a"), inserted=(Inserted(1, "Cats."),))]
    found, _, judge = search(make_contract(), lambda a: before(a, "f", "b"), saved=saved)
    assert found == Found(Arrangement(("f", "b")), saved[0], replayed=True, smallest=True)
    assert judge.batches[0] == saved


def test_what_failed_before_and_holds_now_does_not_end_the_search(make_contract: Make) -> None:
    found, *_ = search(make_contract(), lambda a: before(a, "f", "b"), saved=[Arrangement(("a", "f"))])
    assert found and not found.replayed
