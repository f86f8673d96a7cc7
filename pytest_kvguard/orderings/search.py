"""The search for a failing arrangement, and then for the smallest one, within budgets of generated tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pytest_kvguard.contract.model import Contract
from pytest_kvguard.orderings.arrangement import Arrangement, inversions
from pytest_kvguard.orderings.reductions import Part, nearer_orders, parts_of, plainer_texts, without_parts

__all__ = ["ArrangementResult", "FailingArrangement", "Search", "TokenBudget"]

BATCH = 16
"""The number of arrangements that run together."""


@dataclass(frozen=True)
class ArrangementResult:
    """The result of one arrangement.

    Attributes:
        failed: whether the instruction failed.
        tokens: the number of tokens generated to decide that.
    """

    failed: bool
    tokens: int


@dataclass
class TokenBudget:
    """A budget of generated tokens.

    Attributes:
        limit: the largest number of tokens.
        each: the largest number that one arrangement may take.
        spent: the number of tokens generated so far.
        arrangements: the number of arrangements tried so far.
        short: whether an arrangement was not tried because it might have exceeded the limit.
    """

    limit: int
    each: int
    spent: int = 0
    arrangements: int = 0
    short: bool = False

    def affordable(self, requested: int) -> int:
        """Return how many of the requested arrangements are certain to fit the budget."""
        fit = min(requested, max(0, self.limit - self.spent) // self.each)
        self.short = self.short or fit < requested
        return fit


@dataclass(frozen=True)
class FailingArrangement:
    """A failing arrangement.

    Attributes:
        arrangement: the smallest failing arrangement that was reached.
        first: the failing arrangement from which shrinking started.
        replayed: whether ``first`` came from the example database.
        smallest: whether the instruction passes as soon as any part is left out, becomes plainer or moves nearer to the
            written order.
    """

    arrangement: Arrangement
    first: Arrangement
    replayed: bool
    smallest: bool


class Search:
    """A search for an arrangement under which one instruction fails.

    Every reply counts against a budget once, even if another search has generated it before. So the result of a search
    is the same alone, beside other searches, and in any process.

    Args:
        contract: the contract whose instructions are arranged.
        instruction_id: the instruction that must not fail; it is never left out.
        judge: runs arrangements together and returns the result of each.
        searching, shrinking: the budgets.
    """

    def __init__(
        self,
        contract: Contract,
        instruction_id: str,
        judge: Callable[[Sequence[Arrangement]], Sequence[ArrangementResult]],
        searching: TokenBudget,
        shrinking: TokenBudget,
    ) -> None:
        self.contract = contract
        self.keep = instruction_id
        self.searching = searching
        self.shrinking = shrinking
        self._judge = judge
        self._known: dict[Arrangement, bool] = {}

    def run(
        self, drawn: Sequence[Arrangement], saved: Sequence[Arrangement] = (), shrink: bool = True
    ) -> FailingArrangement | None:
        """Return the smallest failing arrangement that is reached, or None if no arrangement fails.

        Args:
            drawn: the arrangements to try.
            saved: arrangements that failed in an earlier run; tried first.
            shrink: whether to make the failing arrangement smaller.
        """
        for candidates in (saved, drawn):
            first = self._first_failing(candidates, self.searching, key=self._size)
            if first is not None:
                smallest, is_smallest = self._shrink(first) if shrink else (first, False)
                return FailingArrangement(smallest, first, candidates is saved, is_smallest)
        return None

    def _first_failing(
        self, candidates: Sequence[Arrangement], budget: TokenBudget, key: Callable[[Arrangement], object] | None = None
    ) -> Arrangement | None:
        """Run batches until one has a failure; return the first failure in it, or the smallest one by ``key``."""
        for start in range(0, len(candidates), BATCH):
            failing = self._failing(candidates[start : start + BATCH], budget)
            if failing:
                return min(failing, key=key) if key else failing[0]  # type: ignore[arg-type]
        return None

    def _failing(self, candidates: Sequence[Arrangement], budget: TokenBudget) -> list[Arrangement]:
        """Run the new candidates that fit the budget; return all candidates that are known to fail."""
        new = [candidate for candidate in dict.fromkeys(candidates) if candidate not in self._known]
        new = new[: budget.affordable(len(new))]
        if new:
            for arrangement, result in zip(new, self._judge(new), strict=True):
                self._known[arrangement] = result.failed
                budget.spent += result.tokens
            budget.arrangements += len(new)
        return [candidate for candidate in candidates if self._known.get(candidate)]

    def _size(self, arrangement: Arrangement) -> tuple[int, int, int]:
        return (
            len(arrangement.order),
            len(arrangement.inserted),
            inversions(arrangement.order, self.contract.written_order),
        )

    def _shrink(self, arrangement: Arrangement) -> tuple[Arrangement, bool]:
        """Return the smallest arrangement reached, and whether every smaller one was tried."""
        while True:
            self.shrinking.short = False
            smaller = self._with_less(arrangement) or self._first_failing(self._as_written(arrangement), self.shrinking)
            if smaller is None:
                return arrangement, not self.shrinking.short
            arrangement = smaller

    def _as_written(self, arrangement: Arrangement) -> list[Arrangement]:
        return [*plainer_texts(arrangement), *nearer_orders(arrangement, self.contract)]

    def _with_less(self, arrangement: Arrangement) -> Arrangement | None:
        """Leave out all parts that can be left out singly, or only the first of them if that passes."""
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
