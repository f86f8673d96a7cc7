"""The base of all items of a contract, and the item of a contract that cannot be read."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._code.code import ReprEntryNative, ReprExceptionInfo, ReprFileLocation, ReprTraceback
from _pytest.pathlib import bestrelpath

from pytest_kvguard.errors import ContractError, KVGuardError
from pytest_kvguard.plugin.session import KVSession, session_key
from pytest_kvguard.runs.rerun import rerun_command
from pytest_kvguard.values.cell import Cell

if TYPE_CHECKING:
    from pytest_kvguard.contract.model import Contract
    from pytest_kvguard.reports.report import Event

__all__ = ["BrokenContract", "CaseFailure", "ContractItem", "plain_report"]


class CaseFailure(Exception):
    """A verdict that fails an item.

    Attributes:
        headline: the line in pytest's short summary.
    """

    def __init__(self, report: str, headline: str) -> None:
        super().__init__(report)
        self.headline = headline


def plain_report(path: Path, line: int, error: BaseException, brief: bool = False) -> ReprExceptionInfo:
    """Return an error's message as a report of pytest's own class, which xdist can send, without a traceback.

    Args:
        path: the contract.
        line: the 1-based line that the report points to; 0 for the whole file.
        error: the error; its ``headline``, if it has one, goes into the short summary.
        brief: leave out the message, as ``--tb=line`` requires.
    """
    text = str(error)
    entries = [] if brief else [ReprEntryNative([f"{text}\n"])]
    return ReprExceptionInfo(
        ReprTraceback(entries, None, style="native"),
        ReprFileLocation(str(path), line, getattr(error, "headline", text)),
    )


class BrokenContract(pytest.Item):
    """The item of a contract file that cannot be read."""

    def __init__(self, *, error: ContractError, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error = error

    def runtest(self) -> None:
        """Fail with the error and its place, relative to the folder where pytest was started."""
        error, path = self.error, bestrelpath(self.config.invocation_params.dir, self.path)
        where = f"{path}:{error.line}" if error.line else path
        raise CaseFailure(f"{where}: {error.message}", error.message)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> ReprExceptionInfo:
        """Return the message without a traceback into the parser."""
        return plain_report(self.path, self.error.line, excinfo.value, self.config.option.tbstyle == "line")

    def events(self, kinds: Container[str]) -> Iterator[Event]:
        """Yield the contract's error."""
        message = self.config.stash[session_key].masker.mask(self.error.message)
        yield {"kind": "broken", "line": self.error.line, "message": message}

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return the line of the mistake."""
        return self.path, max(0, self.error.line - 1), f"{self.path.name}: broken contract"


class ContractItem(pytest.Item):
    """The base of the items of a contract.

    Attributes:
        contract: the contract with the settings of the run.
        runs_in_waves: whether this item's conversations run together with those of other files.
    """

    contract: Contract
    runs_in_waves = False

    @classmethod
    def from_parent(cls, parent: Any, **kwargs: Any) -> Any:
        """Return the item, with an explicit node id, so that ``--lf`` recognizes it in the next run."""
        return super().from_parent(parent, nodeid=f"{parent.nodeid}::{kwargs['name']}", **kwargs)

    @property
    def kv(self) -> KVSession:
        """The session object."""
        return self.config.stash[session_key]

    @property
    def file(self) -> str:
        """The contract's file as node ids name it."""
        return self.nodeid.partition("::")[0]

    def _location(self) -> str:
        """Return the contract's path relative to the folder where pytest was started."""
        return bestrelpath(self.config.invocation_params.dir, self.path)

    def rerun_command(self, cells: Sequence[Cell], extra: Sequence[str] = ()) -> str:
        """Return the command that reruns this item, from the folder where pytest was started.

        Args:
            cells: the cells to rerun.
            extra: further arguments, e.g. an option that records goldens.
        """
        nodeid = "::".join([self._location(), *self.nodeid.split("::")[1:]])
        file = next(node for node in self.listchain() if isinstance(node, pytest.File))
        target = getattr(file, "rerun_prefix", "") + nodeid
        return self.kv.masker.mask(rerun_command([target], self.kv.settings.given, cells, extra))

    def events(self, kinds: Container[str]) -> Iterator[Event]:
        """Yield this item's events; kinds that no report reads may be left out."""
        yield from ()

    def _color(self) -> bool:
        reporter: Any = self.config.pluginmanager.getplugin("terminalreporter")
        return bool(reporter and reporter.hasmarkup)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the message without a traceback for the guard's own errors, and pytest's report for others."""
        if isinstance(excinfo.value, KVGuardError | CaseFailure):
            line = (self.reportinfo()[1] or 0) + 1
            return plain_report(self.path, line, excinfo.value, self.config.option.tbstyle == "line")
        return super().repr_failure(excinfo)
