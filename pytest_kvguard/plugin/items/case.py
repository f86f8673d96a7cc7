"""The item of one check: an instruction under one probe, cell and order."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kvguard.accepted.standing import Comparison, Standing
from pytest_kvguard.errors import KVGuardError
from pytest_kvguard.plugin.items.contract_item import CaseFailure, ContractItem
from pytest_kvguard.plugin.items.gate import GateItem
from pytest_kvguard.plugin.items.waves import wave_of
from pytest_kvguard.values.results import CaseId, CaseResult, Verdict

if TYPE_CHECKING:
    from pytest_kvguard.contract.model import Contract
    from pytest_kvguard.orderings.arrangement import Arrangement
    from pytest_kvguard.reports.report import Event

__all__ = ["CaseItem", "CheckItem"]


class CheckItem(ContractItem):
    """The base of the items of single checks and of searches.

    Attributes:
        case: the coordinates of the check.
        result: the result without secrets; None until it is known.
        comparison: how it compares with what was accepted; None until it is known, and without a file of that.
    """

    def __init__(self, *, contract: Contract, case: CaseId, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.contract = contract
        self.case = case
        self.result: CaseResult | None = None
        self.comparison: Comparison | None = None

    @property
    def line(self) -> int:
        """The 1-based line of the instruction in the contract's file."""
        return self.contract.instruction(self.case.instruction).line

    @property
    def arrangement(self) -> Arrangement | None:
        """The failing arrangement of a search; None for every other item."""
        return None

    @property
    def family(self) -> str:
        """The family of the IFEval instruction that the item measures; empty for every other item."""
        return ""

    def _keep(self, result: CaseResult) -> CaseResult:
        """Store a result without its secrets, and return it."""
        from pytest_kvguard.reports.junit import junit_properties
        from pytest_kvguard.reports.masked import mask_result

        self.result = mask_result(result, self.kv.masker)
        self.user_properties.extend(junit_properties(self.result))
        if self.kv.options.accept.is_on and not self.case.cell.is_uncompressed:
            self.comparison = self.kv.acceptance.compare(self.file, self.contract, self.result)
            if self.comparison.standing:
                self.user_properties.append(("kv_accepted", str(self.comparison.standing)))
        return self.result

    @property
    def planned(self) -> int:
        """The number of items that check this instruction under this probe and cell."""
        orders = len(getattr(self.parent, "orders", ())) or 1
        decided = self.kv.orders_run(self.contract, self.case.cell)
        searched = bool(self.contract.orderings and self.contract.orderings.search)
        return (orders if decided is None else min(orders, decided)) + searched

    def _settle(self) -> None:
        """End as what was accepted says: an expected failure, or with ``--kv-strict`` a failure to have recovered."""
        compared = self.comparison
        if self.result is None or compared is None or self.result.verdict is Verdict.ERROR:
            return
        standing, strict = compared.standing, self.kv.options.strict
        if standing is Standing.RECOVERED and strict and not self.kv.options.accept.update:
            why = f"{self.result.verdict}: better than accepted: run pytest --kv-accept=update, so that it stays so"
            raise CaseFailure(why, why)
        if self.result.verdict not in (Verdict.LOST, Verdict.LEAKED, Verdict.UNSTABLE):
            return
        if standing is Standing.ACCEPTED and compared.entry is not None:
            pytest.xfail(f"{self._reason()} (accepted{f': {why}' if (why := compared.entry.reason) else ''})")
        if self.kv.acceptance.will_accept(self.file, self.result):
            pytest.xfail(f"{self._reason()} (accepted by this run's update)")

    def _newly(self) -> str:
        """Return the reason for a verdict, and that it is new, or that what was accepted has lapsed."""
        compared = self.comparison
        if compared is None or compared.standing is not Standing.NEW:
            return self._reason()
        return f"newly {self._reason()}" + (f" ({compared.lapse})" if compared.lapse else "")

    def _accepted_lines(self) -> list[str]:
        """Return the line of a failure's report that says what was accepted instead."""
        compared = self.comparison
        if compared is None or compared.standing is not Standing.NEW:
            return []
        before = (
            f"it has lapsed: {compared.lapse}" if compared.lapse else "another loss" if compared.entry else "nothing"
        )
        return [f"  {'accepted':<13} {before} ({self.kv.options.accept.path.name})"]

    def _reason(self) -> str:
        """Return the reason for the verdict as one printable line; it may quote a reply of several lines."""
        from pytest_kvguard.reports.printable import printable

        assert self.result is not None
        return printable(self.result.reason)

    def events(self, kinds: Container[str]) -> Iterator[Event]:
        """Yield the row of the tables and, if a report reads them, the full result and the kept tokens."""
        from pytest_kvguard.reports.rows import SummaryRow

        if self.result is None:
            return
        yield {"kind": "check", "row": SummaryRow.of(self.result, self.nodeid, self.line, self.family).to_json()}
        if "case" in kinds:
            yield self._case_event(self.result)
        if "context" in kinds:
            yield from self._context_event(self.result)
        if self.comparison is not None:
            yield self.kv.acceptance.event(self.file, self.contract, self.result, self.comparison, self.planned)

    def _case_event(self, result: CaseResult) -> Event:
        from pytest_kvguard.orderings.arrangement import arrange
        from pytest_kvguard.plugin.accepted.acceptance import standing_record
        from pytest_kvguard.reports.masked import mask_case
        from pytest_kvguard.reports.records import case_record

        failing = self.arrangement
        contract = arrange(self.contract, failing) if failing else self.contract
        contract = mask_case(contract, result.case, self.kv.masker)
        arrangement = self.kv.masker.mask_values(json.loads(failing.to_json())) if failing else None
        rerun = self.rerun_command([self.case.cell])
        compared = {} if self.comparison is None else {"acceptance": standing_record(self.comparison)}
        return {"kind": "case", **case_record(result, contract, rerun, arrangement), **compared}

    def _context_event(self, result: CaseResult) -> Iterator[Event]:
        """Yield the kept tokens once per conversation, in the written order; other orders only move the same tokens."""
        from pytest_kvguard.reports.records import context_record

        conversation = (self.path, replace(self.case, instruction=""))
        if self.case.order_index or self.kv.recorded_contexts.setdefault(conversation, self.nodeid) != self.nodeid:
            return
        context = context_record(result, self.kv.masker)
        if context:
            yield {"kind": "context", **context}

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return the line of the instruction, and a readable id."""
        return self.path, max(0, self.line - 1), f"{self.contract.name}: {self.case.probe}::{self.name}"


class CaseItem(CheckItem):
    """One instruction under one probe, cell and order."""

    runs_in_waves = True

    @property
    def family(self) -> str:
        """The family of the checked IFEval instruction; empty under an attack, which checks only for leaks."""
        from pytest_kvguard.verifiers.ifeval_reply import family

        probe = next(probe for probe in self.contract.probes if probe.id == self.case.probe)
        checks = dict(self.contract.instruction(self.case.instruction).under(probe).checks)
        return family(checks["ifeval"]) if "ifeval" in checks else ""

    def setup(self) -> None:
        """Run all selected conversations of this contract together; raise the error of this one, if any."""
        try:
            if not self._has_run():
                self._run_contract()
        except Exception:
            # A backend's exception shows its traceback once; its conversations are recorded as errors.
            if self._has_run():
                self._take_result()
            raise
        if self._take_result().verdict is Verdict.ERROR:
            raise KVGuardError(f"ERROR  {self._reason()}")

    def _run_contract(self) -> None:
        """Run the selected conversations; a selected gate that may stop early decides how many orders run."""
        items = [item for item in self.session.items if item.path == self.path]
        gates = {item.cell: item for item in items if isinstance(item, GateItem)}
        gate = gates.get(self.case.cell)
        if gate is not None and self.contract.gate.limits_drop:
            judged = gate.judge()
            if self.case.order_index >= judged.orders_run:
                why = f"not run: the gate was decided after {judged.orders_run} of {judged.orders_planned} orders"
                raise pytest.skip.Exception(why, _use_item_location=True)
            return
        self.kv.run_cases((item.contract, item.case) for item in wave_of(self))

    def _has_run(self) -> bool:
        return self.kv.runner.has_run(self.contract, self.case, self.kv.settings.scope)

    def _take_result(self) -> CaseResult:
        return self._keep(self.kv.result(self.contract, self.case))

    def runtest(self) -> None:
        """Turn the verdict into pytest's outcome."""
        from pytest_kvguard.evaluation.gates import tolerates

        assert self.result is not None
        self._settle()
        verdict = self.result.verdict
        if verdict is Verdict.HELD:
            return
        strict = self.kv.options.strict
        if verdict is Verdict.UNMET and not strict:
            raise pytest.skip.Exception(self._reason(), _use_item_location=True)
        if tolerates(self.contract.gate, verdict) or (verdict is Verdict.UNSTABLE and not strict):
            pytest.xfail(f"{self._reason()} ({self._who_decides(verdict)})")
        raise CaseFailure(self._explain(), self._newly())

    def _who_decides(self, verdict: Verdict) -> str:
        if verdict is Verdict.UNSTABLE and not self.contract.is_sampled:
            return "one reply is not enough to decide; add orderings.sample to the contract, and its gate decides"
        return "left to the contract's gate"

    def _explain(self) -> str:
        from pytest_kvguard.reports.failure import explain_case
        from pytest_kvguard.reports.masked import mask_contract

        assert self.result is not None
        contract = mask_contract(self.contract, self.kv.masker)
        rerun = self.rerun_command([self.case.cell])
        return explain_case(self.result, contract, self._location(), rerun, self._color(), self._accepted_lines())
