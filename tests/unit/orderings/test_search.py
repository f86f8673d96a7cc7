"""The search finds a failing arrangement, makes it small, and keeps to its budgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from pytest_kvguard.contract.model import Contract, Filler, Orderings
from pytest_kvguard.orderings import Arrangement, Inserted, orderings
from pytest_kvguard.orderings.arrangement import inversions
from pytest_kvguard.orderings.search import BATCH, ArrangementResult, FailingArrangement, Search, TokenBudget
from pytest_kvguard.orderings.strategies import draw_many

Make = Callable[..., Contract]
Fails = Callable[[Arrangement], bool]


class Judge:
    """A judge that spends ten tokens per arrangement and records the arrangements."""

    def __init__(self, fails: Fails) -> None:
        self.fails = fails
        self.batches: list[list[Arrangement]] = []

    def __call__(self, arrangements: Sequence[Arrangement]) -> list[ArrangementResult]:
        self.batches.append(list(arrangements))
        return [ArrangementResult(self.fails(arrangement), 10) for arrangement in arrangements]


def before(arrangement: Arrangement, first: str, *others: str) -> bool:
    places = {name: place for place, name in enumerate(arrangement.order)}
    return {first, *others} <= set(places) and all(places[first] < places[other] for other in others)


def search(
    contract: Contract, fails: Fails, limit: int = 10_000, shrink_limit: int = 10_000, **run: object
) -> tuple[FailingArrangement | None, Search, Judge]:
    judge = Judge(fails)
    budgets = TokenBudget(limit, 20), TokenBudget(shrink_limit, 20)
    finished = Search(contract, contract.written_order[-1], judge, *budgets)
    drawn = draw_many(orderings(contract, keep=contract.written_order[-1]), 100, 0)
    return finished.run(drawn, **run), finished, judge  # type: ignore[arg-type]


def test_the_result_is_none_where_nothing_fails(make_contract: Make) -> None:
    failing, finished, judge = search(make_contract(), lambda a: False)
    assert failing is None
    assert finished.shrinking.spent == 0
    assert finished.searching.spent == 10 * sum(map(len, judge.batches)) == 10 * finished.searching.arrangements


def test_a_shrunk_arrangement_keeps_only_the_parts_that_it_needs_to_fail(make_contract: Make) -> None:
    failing, *_ = search(make_contract("abcdefgh"), lambda a: before(a, "h", "b", "e"))
    assert failing
    assert failing == FailingArrangement(Arrangement(("h", "b", "e")), failing.first, replayed=False, smallest=True)
    assert len(failing.first.order) == 8


def test_a_shrunk_order_is_the_nearest_to_the_written_one(make_contract: Make) -> None:
    contract = make_contract("abcdef")
    failing, *_ = search(contract, lambda a: len(a.order) == 6 and before(a, "f", "b"))
    assert failing
    assert failing.arrangement.order == ("a", "f", "b", "c", "d", "e")
    assert inversions(failing.arrangement.order, contract.written_order) == 4


def test_pins_hold_while_an_order_is_shrunk(make_contract: Make) -> None:
    contract = make_contract("abcdef", Orderings(first=("d",), last=("b",)))
    failing, _, judge = search(contract, lambda a: len(a.order) == 6 and before(a, "f", "c"))
    assert failing
    assert failing.arrangement.order == ("d", "a", "f", "c", "e", "b")
    full = [a.order for batch in judge.batches for a in batch if len(a.order) == 6]
    assert all((order[0], order[-1]) == ("d", "b") for order in full)


def test_inserted_texts_and_paraphrases_go_unless_they_are_needed(make_contract: Make) -> None:
    options = Orderings(distractors=("Cats.", "Dogs."), filler=Filler(800))
    contract = make_contract("abf", options, ("One.", "Two."))
    failing, *_ = search(contract, lambda a: any(p.text == "Dogs." for p in a.inserted))
    assert failing
    assert [piece.text for piece in failing.arrangement.inserted] == ["Dogs."]
    assert (failing.arrangement.order, failing.arrangement.phrasings) == (("f",), ())
    failing, *_ = search(contract, lambda a: ("f", 2) in a.phrasings)
    assert failing and failing.arrangement == Arrangement(("f",), (("f", 2),))


@pytest.mark.parametrize("needed", [9, 100, 300])
def test_filler_is_cut_to_within_an_eighth_of_the_needed_length(make_contract: Make, needed: int) -> None:
    contract = make_contract("af", Orderings(filler=Filler(800)))
    failing, *_ = search(contract, lambda a: any(piece.words >= needed for piece in a.inserted))
    assert failing
    (piece,) = failing.arrangement.inserted
    assert needed <= piece.words <= needed * 8 / 7 + 1


def test_arrangements_run_in_batches_and_once_each(make_contract: Make) -> None:
    _, _, judge = search(make_contract("abcdefgh"), lambda a: before(a, "h", "b", "e"))
    seen = [arrangement for batch in judge.batches for arrangement in batch]
    assert len(seen) == len(set(seen))
    assert max(map(len, judge.batches)) == BATCH
    assert len(judge.batches) < 10


@pytest.mark.parametrize("limit", [20, 50, 200, 1000])
def test_neither_budget_is_ever_exceeded(make_contract: Make, limit: int) -> None:
    failing, finished, _ = search(make_contract("abcdefgh"), lambda a: before(a, "h", "b"), limit, limit)
    assert finished.searching.spent <= limit
    assert finished.shrinking.spent <= limit
    if failing:
        assert before(failing.arrangement, "h", "b")


def test_an_arrangement_is_not_called_the_smallest_after_shrinking_ran_out_of_tokens(make_contract: Make) -> None:
    failing, finished, _ = search(make_contract("abcdefgh"), lambda a: before(a, "h", "b"), shrink_limit=40)
    assert failing and not failing.smallest
    assert finished.shrinking.short


def test_without_shrinking_the_first_failing_arrangement_is_returned(make_contract: Make) -> None:
    failing, finished, _ = search(make_contract("abcdefgh"), lambda a: before(a, "h", "b"), shrink=False)
    assert failing and failing.arrangement == failing.first
    assert finished.shrinking.arrangements == 0
    assert not failing.smallest


def test_saved_arrangements_are_tried_first(make_contract: Make) -> None:
    saved = [Arrangement(("f", "b", "a"), inserted=(Inserted(1, "Cats."),))]
    failing, _, judge = search(make_contract(), lambda a: before(a, "f", "b"), saved=saved)
    assert failing == FailingArrangement(Arrangement(("f", "b")), saved[0], replayed=True, smallest=True)
    assert judge.batches[0] == saved


def test_a_saved_arrangement_that_passes_now_does_not_end_the_search(make_contract: Make) -> None:
    failing, *_ = search(make_contract(), lambda a: before(a, "f", "b"), saved=[Arrangement(("a", "f"))])
    assert failing and not failing.replayed
