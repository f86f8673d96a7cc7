"""The items of a contract: one per case, one per gate, one for a file that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._code.code import ReprEntryNative, ReprExceptionInfo, ReprFileLocation, ReprTraceback
from _pytest.pathlib import bestrelpath

from pytest_kvguard.errors import ContractError, KVGuardError
from pytest_kvguard.plugin.options import Point
from pytest_kvguard.plugin.session import KVSession, session_key
from pytest_kvguard.plugin.waves import wave_of
from pytest_kvguard.values.gates import GateResult
from pytest_kvguard.values.results import CaseId, CaseResult, Verdict

if TYPE_CHECKING:
    from pytest_kvguard.contract.model import Contract

__all__ = ["BrokenContract", "CaseFailure", "CaseItem", "ContractItem", "GateItem"]


class CaseFailure(Exception):
    """A verdict that fails an item.

    Attributes:
        headline: one line for pytest's short summary.
    """

    def __init__(self, report: str, headline: str) -> None:
        super().__init__(report)
        self.headline = headline


def plain_report(path: Path, line: int, error: BaseException, brief: bool = False) -> ReprExceptionInfo:
    """Return an error's message as pytest's report, without a traceback; unlike a class of ours it survives xdist.

    Args:
        path: the contract.
        line: 1-based line to send the reader to; 0 for the whole file.
        error: its ``headline``, if it has one, is what the short summary says.
        brief: leave out the message, as ``--tb=line`` wants it.
    """
    text = str(error)
    entries = [] if brief else [ReprEntryNative([f"{text}\n"])]
    return ReprExceptionInfo(
        ReprTraceback(entries, None, style="native"),
        ReprFileLocation(str(path), line, getattr(error, "headline", text)),
    )


class BrokenContract(pytest.Item):
    """Stands for a contract file that cannot be read."""

    def __init__(self, *, error: ContractError, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error = error

    def runtest(self) -> None:
        """Fail with what is wrong, and where, as it would be typed where pytest was started."""
        error, path = self.error, bestrelpath(self.config.invocation_params.dir, self.path)
        where = f"{path}:{error.line}" if error.line else path
        raise CaseFailure(f"{where}: {error.message}", error.message)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> ReprExceptionInfo:
        """Return the message alone; a traceback into the parser helps nobody."""
        return plain_report(self.path, self.error.line, excinfo.value, self.config.option.tbstyle == "line")

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return the line of the mistake."""
        return self.path, max(0, self.error.line - 1), f"{self.path.name}: broken contract"


class ContractItem(pytest.Item):
    """What items of a contract share."""

    contract: Contract

    @classmethod
    def from_parent(cls, parent: Any, **kwargs: Any) -> Any:
        """Make the item; its id is given as text, so that pytest knows it again in what ``--lf`` remembers."""
        return super().from_parent(parent, nodeid=f"{parent.nodeid}::{kwargs['name']}", **kwargs)

    @property
    def kv(self) -> KVSession:
        """The session object."""
        return self.config.stash[session_key]

    def _location(self) -> str:
        """Return the contract's file as it would be typed where pytest was started."""
        return bestrelpath(self.config.invocation_params.dir, self.path)

    def rerun_command(self, case: CaseId) -> str:
        """Return the command that runs just this item again, from where pytest was started."""
        from pytest_kvguard.reports.rerun import rerun_command

        nodeid = "::".join([self._location(), *self.nodeid.split("::")[1:]])
        file = next(node for node in self.listchain() if isinstance(node, pytest.File))
        wanted = getattr(file, "rerun_prefix", "") + nodeid
        needed = (*getattr(file, "rerun_words", ()), *self.kv.options.judge.rerun_words(self.kv.options.typed))
        needed += self.kv.options.endpoints.rerun_words(case.policy) + self.kv.options.launch.rerun_words(case.policy)
        return self.kv.masker.mask(rerun_command(wanted, self.kv.options, case, needed))

    def _color(self) -> bool:
        reporter: Any = self.config.pluginmanager.getplugin("terminalreporter")
        return bool(reporter and reporter.hasmarkup)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the message of the guard's own errors alone."""
        if isinstance(excinfo.value, KVGuardError | CaseFailure):
            line = (self.reportinfo()[1] or 0) + 1
            return plain_report(self.path, line, excinfo.value, self.config.option.tbstyle == "line")
        return super().repr_failure(excinfo)


class CaseItem(ContractItem):
    """One instruction under one probe, policy, ratio, kernel and order."""

    def __init__(self, *, contract: Contract, case: CaseId, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.contract = contract
        self.case = case
        self.result: CaseResult | None = None
        """Without secrets, once it is there."""

    @property
    def line(self) -> int:
        """Where the instruction stands in the contract's file, 1-based."""
        return self.contract.instruction(self.case.instruction).line

    def setup(self) -> None:
        """Run every selected conversation of this contract at once; raise what kept this one from running."""
        try:
            if not self._has_run():
                self._run_contract()
        except Exception:
            # A backend that broke is shown with its traceback once; its conversations are on record as errors.
            if self._has_run():
                self._take_result()
            raise
        if self._take_result().verdict is Verdict.ERROR:
            raise KVGuardError(f"ERROR  {self._reason()}")

    def _run_contract(self) -> None:
        """Run what is selected; where the gate may stop early and is selected too, it decides how much of it."""
        items = [item for item in self.session.items if item.path == self.path]
        gates = {item.point: item for item in items if isinstance(item, GateItem)}
        gate = gates.get(Point(self.case.policy, self.case.ratio, self.case.kernel))
        if gate is not None and self.contract.gate.max_drop is not None:
            judged = gate.judge()
            if self.case.order_index >= judged.orders_run:
                why = f"not run: the gate was decided after {judged.orders_run} of {judged.orders_planned} orders"
                raise pytest.skip.Exception(why, _use_item_location=True)
            return
        self.kv.run_cases((item.contract, item.case) for item in wave_of(self))

    def _has_run(self) -> bool:
        return self.kv.runner.has_run(self.contract, self.case, self.kv.options.scope)

    def _take_result(self) -> CaseResult:
        from pytest_kvguard.reports.junit import junit_properties
        from pytest_kvguard.reports.masked import mask_result

        self.result = mask_result(self.kv.result(self.contract, self.case), self.kv.masker)
        self.user_properties.extend(junit_properties(self.result))
        return self.result

    def runtest(self) -> None:
        """Turn the verdict into pytest's outcome."""
        from pytest_kvguard.evaluation.gates import tolerates

        assert self.result is not None
        verdict = self.result.verdict
        if verdict is Verdict.HELD:
            return
        strict = self.kv.options.strict
        if verdict is Verdict.UNMET and not strict:
            raise pytest.skip.Exception(self._reason(), _use_item_location=True)
        if tolerates(self.contract.gate, verdict) or (verdict is Verdict.UNSTABLE and not strict):
            pytest.xfail(f"{self._reason()} ({self._who_decides(verdict)})")
        raise CaseFailure(self._explain(), self._reason())

    def _who_decides(self, verdict: Verdict) -> str:
        if verdict is Verdict.UNSTABLE and not self.contract.is_sampled:
            return "one reply decides nothing: with orderings.sample in a contract, its gate will"
        return "left to the contract's gate"

    def _reason(self) -> str:
        """Return the result's one line; it may quote what the model said, on several lines."""
        from pytest_kvguard.reports.printable import printable

        assert self.result is not None
        return printable(self.result.reason)

    def _explain(self) -> str:
        from pytest_kvguard.reports.failure import explain_case
        from pytest_kvguard.reports.masked import mask_contract

        assert self.result is not None
        contract = mask_contract(self.contract, self.kv.masker)
        return explain_case(self.result, contract, self._location(), self.rerun_command(self.case), self._color())

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return the line of the instruction and the id as a person would say it."""
        return self.path, max(0, self.line - 1), f"{self.contract.name}: {self.case.probe}::{self.name}"


class GateItem(ContractItem):
    """A contract's gate over all its checks under one policy, ratio and kernel."""

    def __init__(
        self, *, contract: Contract, point: Point, cases: Mapping[Point, Sequence[CaseId]], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.contract = contract
        self.point = point
        # p-values are adjusted over all cells, so a gate that tests for drops needs the others' results too.
        self.cases = cases if contract.is_sampled else {point: cases[point]}
        self.result: GateResult | None = None

    def _all_cells(self) -> CaseId:
        """Return a case that names every cell the gate looks at: with fewer, p-values would be adjusted otherwise."""
        policies, ratios = (dict.fromkeys(getattr(cell, name) for cell in self.cases) for name in ("policy", "ratio"))
        return replace(self.cases[self.point][0], policy=",".join(policies), ratio=",".join(ratios))

    def judge(self) -> GateResult:
        """Return what the gate says, running what it counts."""
        return self.kv.judge(self.contract, self.cases)[self.point]

    def setup(self) -> None:
        """Run what the gate counts."""
        self.result = self.judge()
        self.user_properties.append(("kv_orders_run", str(self.result.orders_run)))

    def runtest(self) -> None:
        """Fail with every limit that is exceeded; skip what needs more prompts to be decided."""
        from pytest_kvguard.reports.gate import explain_gate

        result = self.result
        assert result is not None
        title = f"GATE  {self.contract.name} under {self.name[5:-1]} ({self._location()})"
        rerun = self.rerun_command(self._all_cells())
        if result.breaches or (result.undecided and self.kv.options.strict):
            lines = result.breaches + result.undecided
            raise CaseFailure(explain_gate(result, title, rerun), f"GATE: {'; '.join(lines)}")
        self.add_report_section("call", "kvguard gate", explain_gate(result, title, rerun))
        if result.undecided:
            raise pytest.skip.Exception(f"undecided: {'; '.join(result.undecided)}", _use_item_location=True)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return the contract's file."""
        return self.path, 0, f"{self.contract.name}: {self.name}"
