"""What all items of a contract share, and the item of a contract that cannot be read."""

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

    def events(self, kinds: Container[str]) -> Iterator[Event]:
        """Yield what is wrong with the contract."""
        message = self.config.stash[session_key].masker.mask(self.error.message)
        yield {"kind": "broken", "line": self.error.line, "message": message}

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return the line of the mistake."""
        return self.path, max(0, self.error.line - 1), f"{self.path.name}: broken contract"


class ContractItem(pytest.Item):
    """What items of a contract share.

    Attributes:
        contract: the contract, as it is run.
        runs_in_waves: whether conversations of this item run together with those of other files.
    """

    contract: Contract
    runs_in_waves = False

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

    def rerun_command(self, cells: Sequence[Cell], extra: Sequence[str] = ()) -> str:
        """Return the command that runs this item again, from where pytest was started.

        Args:
            cells: the cells to run again.
            extra: further words, e.g. an option that records.
        """
        nodeid = "::".join([self._location(), *self.nodeid.split("::")[1:]])
        file = next(node for node in self.listchain() if isinstance(node, pytest.File))
        target = getattr(file, "rerun_prefix", "") + nodeid
        return self.kv.masker.mask(rerun_command([target], self.kv.settings.given, cells, extra))

    def events(self, kinds: Container[str]) -> Iterator[Event]:
        """Yield what reports are told of this item, of the kinds that some report reads."""
        yield from ()

    def _color(self) -> bool:
        reporter: Any = self.config.pluginmanager.getplugin("terminalreporter")
        return bool(reporter and reporter.hasmarkup)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the message of the guard's own errors alone."""
        if isinstance(excinfo.value, KVGuardError | CaseFailure):
            line = (self.reportinfo()[1] or 0) + 1
            return plain_report(self.path, line, excinfo.value, self.config.option.tbstyle == "line")
        return super().repr_failure(excinfo)
