"""The item that searches for an arrangement in which one instruction fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kvguard.errors import KVGuardError
from pytest_kvguard.plugin.items.case import CheckItem
from pytest_kvguard.plugin.items.contract_item import CaseFailure
from pytest_kvguard.values.results import ARMS, CaseId, CaseResult, Verdict

if TYPE_CHECKING:
    from pytest_kvguard.contract.model import Contract, Orderings
    from pytest_kvguard.orderings.arrangement import Arrangement
    from pytest_kvguard.orderings.search import ArrangementResult, FailingArrangement, Search

__all__ = ["SearchItem"]

FAILURES = (Verdict.LOST, Verdict.LEAKED)


class SearchItem(CheckItem):
    """The search for an arrangement in which one instruction fails under one probe and cell.

    Attributes:
        result: the result of the failing arrangement, or of one that was tried if none fails.
        failing: the smallest failing arrangement; None if none fails.
    """

    def __init__(self, *, contract: Contract, case: CaseId, **kwargs: Any) -> None:
        super().__init__(contract=contract, case=case, **kwargs)
        self.failing: FailingArrangement | None = None
        self._results: dict[Arrangement, CaseResult] = {}

    @property
    def arrangement(self) -> Arrangement | None:
        """See ``CheckItem``."""
        return self.failing.arrangement if self.failing else None

    @property
    def settings(self) -> Orderings:
        """The contract's settings for the search."""
        assert self.contract.orderings is not None
        return self.contract.orderings

    def setup(self) -> None:
        """Search; if no arrangement fails, raise the error of one that could not run."""
        from pytest_kvguard.orderings.example_database import SavedArrangements
        from pytest_kvguard.orderings.strategies import draw_many, orderings

        settings = self.kv.settings
        strategy = orderings(self.contract, keep=self.case.instruction)
        # Different draws may give the same arrangement, so twice as many are drawn.
        drawn = draw_many(strategy, 2 * self.settings.search, settings.seed)[: self.settings.search]
        saved = SavedArrangements(f"{self.nodeid} {settings.scope}")
        earlier = saved.fetch(self.contract)
        self.search = self._search()
        self.failing = self.search.run(drawn, earlier, shrink=not self.kv.options.no_shrink)
        saved.replace(earlier, self.failing.arrangement if self.failing else None)
        self._take_result()

    def _search(self) -> Search:
        from pytest_kvguard.orderings.search import Search, TokenBudget

        turns = next(len(probe.turns) for probe in self.contract.probes if probe.id == self.case.probe)
        generate = self.contract.generate
        each = ARMS * turns * generate.max_new_tokens * len(generate.drawn_seeds)
        budgets = TokenBudget(self.settings.budget_tokens, each), TokenBudget(self.settings.shrink_tokens, each)
        return Search(self.contract, self.case.instruction, self._judge, *budgets)

    def _judge(self, arrangements: Sequence[Arrangement]) -> list[ArrangementResult]:
        """Run arrangements in one batch, and return whether each fails."""
        from pytest_kvguard.orderings.arrangement import arrange
        from pytest_kvguard.orderings.search import ArrangementResult

        contracts = [arrange(self.contract, arrangement) for arrangement in arrangements]
        cases = [replace(self.case, order=arrangement.order) for arrangement in arrangements]
        pairs = list(zip(contracts, cases, strict=True))
        self.kv.run_cases(pairs)
        results = [self.kv.result(*pair) for pair in pairs]
        self._results.update(zip(arrangements, results, strict=True))
        return [ArrangementResult(result.verdict in FAILURES, _tokens(result)) for result in results]

    def _take_result(self) -> None:
        results = list(self._results.values())
        order = (Verdict.ERROR, Verdict.UNSTABLE, Verdict.HELD, Verdict.UNMET)
        tried = next((r for verdict in order for r in results if r.verdict is verdict), results[0])
        shown = self._results[self.failing.arrangement] if self.failing else tried
        kept = self._keep(shown)
        budget = self.search.searching
        self.user_properties.append(("kv_search", f"{budget.arrangements} arrangements, {budget.spent} tokens"))
        if kept.verdict is Verdict.ERROR:
            broken = sum(result.verdict is Verdict.ERROR for result in results)
            reason = self._reason()
            raise KVGuardError(f"ERROR  {broken} of {len(results)} arrangements could not be judged; first: {reason}")

    def runtest(self) -> None:
        """Fail with the smallest failing arrangement; without one, report the outcome of those that were tried."""
        assert self.result is not None
        self._settle()
        if self.failing is not None:
            raise CaseFailure(self._explain(self.result, self.failing), self._newly())
        if self.result.verdict is Verdict.HELD:
            return
        alike = sum(result.verdict is self.result.verdict for result in self._results.values())
        reason = f"{self._reason()} (in {alike} of {len(self._results)} arrangements)"
        if self.kv.options.strict:
            raise CaseFailure(reason, reason)
        if self.result.verdict is Verdict.UNSTABLE:
            pytest.xfail(reason)
        raise pytest.skip.Exception(reason, _use_item_location=True)

    def _explain(self, result: CaseResult, failing: FailingArrangement) -> str:
        from pytest_kvguard.orderings.arrangement import arrange
        from pytest_kvguard.reports.arrangement import explain_search
        from pytest_kvguard.reports.failure import explain_case
        from pytest_kvguard.reports.masked import mask_contract

        contract = mask_contract(self.contract, self.kv.masker)
        lines = [*explain_search(contract, self.case, failing, self.search), *self._accepted_lines()]
        arranged = arrange(contract, failing.arrangement)
        rerun = self.rerun_command([self.case.cell])
        return explain_case(result, arranged, self._location(), rerun, color=self._color(), search_lines=lines)


def _tokens(result: CaseResult) -> int:
    """Return the number of tokens generated for a result over all seeds, including its null arm."""
    drawn = sum(reply.baseline_tokens + (reply.compressed_tokens or 0) for reply in result.replies)
    return drawn + (result.null.arm.reply_tokens if result.null else 0)
