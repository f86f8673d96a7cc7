"""The search for an arrangement that fails, and for the smallest one, within budgets of generated tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pytest_kvguard.contract.model import Contract
from pytest_kvguard.orderings.arrangement import Arrangement, inversions
from pytest_kvguard.orderings.reductions import Part, nearer_orders, parts_of, plainer_texts, without_parts

__all__ = ["Found", "Judgement", "Purse", "Search"]

BATCH = 16
"""Arrangements that are run together."""


@dataclass(frozen=True)
class Judgement:
    """What became of the instruction under one arrangement: whether it failed, and the tokens generated for that."""

    failed: bool
    tokens: int


@dataclass
class Purse:
    """Generated tokens that may be looked at.

    Attributes:
        limit: how many.
        each: the most that one arrangement may take.
        spent: how many were.
        arrangements: over how many arrangements.
        short: something was left out because it could have gone over the limit.
    """

    limit: int
    each: int
    spent: int = 0
    arrangements: int = 0
    short: bool = False

    def affordable(self, wanted: int) -> int:
        """Return how many more arrangements surely fit."""
        fit = min(wanted, max(0, self.limit - self.spent) // self.each)
        self.short = self.short or fit < wanted
        return fit


@dataclass(frozen=True)
class Found:
    """A failing arrangement.

    Attributes:
        arrangement: as small as it got.
        first: as it was found.
        replayed: it came from the example database.
        smallest: no part of it can be left out, plainer or nearer to the written order without passing.
    """

    arrangement: Arrangement
    first: Arrangement
    replayed: bool
    smallest: bool


class Search:
    """Looks for an arrangement under which one instruction fails.

    A reply counts against a budget once, also when somebody else has made it already: so a search finds the same
    alone, among others and in any process.

    Args:
        contract: whose instructions are arranged.
        instruction_id: the one that must not fail; it is never left out.
        judge: runs arrangements together and says what became of the instruction.
        searching, shrinking: the budgets.
    """

    def __init__(
        self,
        contract: Contract,
        instruction_id: str,
        judge: Callable[[Sequence[Arrangement]], Sequence[Judgement]],
        searching: Purse,
        shrinking: Purse,
    ) -> None:
        self.contract = contract
        self.keep = instruction_id
        self.searching = searching
        self.shrinking = shrinking
        self._judge = judge
        self._known: dict[Arrangement, bool] = {}

    def run(self, drawn: Sequence[Arrangement], saved: Sequence[Arrangement] = (), shrink: bool = True) -> Found | None:
        """Return the smallest failing arrangement that can be reached, or None when none of those tried fails.

        Args:
            drawn: what to try.
            saved: what failed in an earlier run; tried first.
            shrink: make it smaller.
        """
        for candidates in (saved, drawn):
            first = self._first_failing(candidates, self.searching, key=self._size)
            if first is not None:
                smallest, done = self._shrink(first) if shrink else (first, False)
                return Found(smallest, first, candidates is saved, done)
        return None

    def _first_failing(
        self, candidates: Sequence[Arrangement], purse: Purse, key: Callable[[Arrangement], object] | None = None
    ) -> Arrangement | None:
        """Run batch after batch until one holds a failure; of several there, the first, or the smallest by ``key``."""
        for start in range(0, len(candidates), BATCH):
            failing = self._failing(candidates[start : start + BATCH], purse)
            if failing:
                return min(failing, key=key) if key else failing[0]  # type: ignore[arg-type]
        return None

    def _failing(self, candidates: Sequence[Arrangement], purse: Purse) -> list[Arrangement]:
        """Run those of the candidates that are new and that the purse has room for; return all known to fail."""
        new = [candidate for candidate in dict.fromkeys(candidates) if candidate not in self._known]
        new = new[: purse.affordable(len(new))]
        if new:
            for arrangement, judgement in zip(new, self._judge(new), strict=True):
                self._known[arrangement] = judgement.failed
                purse.spent += judgement.tokens
            purse.arrangements += len(new)
        return [candidate for candidate in candidates if self._known.get(candidate)]

    def _size(self, arrangement: Arrangement) -> tuple[int, int, int]:
        return (
            len(arrangement.order),
            len(arrangement.inserted),
            inversions(arrangement.order, self.contract.written_order),
        )

    def _shrink(self, arrangement: Arrangement) -> tuple[Arrangement, bool]:
        """Return the smallest that was reached, and whether nothing smaller was left untried."""
        while True:
            self.shrinking.short = False
            smaller = self._with_less(arrangement) or self._first_failing(self._as_written(arrangement), self.shrinking)
            if smaller is None:
                return arrangement, not self.shrinking.short
            arrangement = smaller

    def _as_written(self, arrangement: Arrangement) -> list[Arrangement]:
        return [*plainer_texts(arrangement), *nearer_orders(arrangement, self.contract)]

    def _with_less(self, arrangement: Arrangement) -> Arrangement | None:
        """Leave out every part that can be left out by itself, together if they can be, else the first of them."""
        parts = parts_of(arrangement, self.keep)
        removals: dict[Arrangement, Part] = {without_parts(arrangement, [part]): part for part in parts}
        failing: list[Arrangement] = []
        candidates = list(removals)
        for start in range(0, len(candidates), BATCH):
            failing += self._failing(candidates[start : start + BATCH], self.shrinking)
        if len(failing) > 1:
            together = without_parts(arrangement, [removals[smaller] for smaller in failing])
            if self._failing([together], self.shrinking):
                return together
        return failing[0] if failing else None
