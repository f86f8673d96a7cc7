"""The interface of reports: a report takes the events of a run one by one, and shows or writes a result at its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_kvguard.values.cell import Cell

__all__ = ["Event", "Line", "Report", "RunEnd"]

Event = dict[str, Any]
"""Plain values without secrets, with the ``kind`` of the event, the ``nodeid`` of its test and the test's ``outcome``.

Kinds are ``test`` (every phase of every test), ``check`` (one row of the tables), ``case`` (the full record of one
check), ``context`` (which tokens of a prompt were kept), ``gate``, ``broken`` (a contract that cannot be read),
``inert`` (an arm that equals another throughout), ``ratio``, ``invariant``, ``golden``, ``store`` and ``faults``.
"""


@dataclass(frozen=True)
class Line:
    """One line, or block of lines, for the terminal.

    Attributes:
        text: the text.
        color: a colour that pytest knows; empty for none.
        is_heading: whether it is the title of a section.
    """

    text: str
    color: str = ""
    is_heading: bool = False


@dataclass(frozen=True)
class RunEnd:
    """A finished run, and the terminal that shows it.

    Attributes:
        head: the description of the run, as in ``report.schema.json``.
        cells: the cells in the order typed.
        scope: what was compressed; empty for servers.
        root: the folder that node ids start from.
        width: columns of the terminal.
        has_color: whether the terminal shows colours.
        is_quiet: whether ``-q`` was given.
    """

    head: dict[str, Any]
    cells: tuple[Cell, ...] = ()
    scope: str = ""
    root: Path = field(default_factory=Path)
    width: int = 80
    has_color: bool = False
    is_quiet: bool = False


class Report:
    """Takes events and keeps them.

    Attributes:
        reads: the kinds of events that the report takes.
        events: those taken so far.
    """

    reads: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.events: list[Event] = []

    def take(self, event: Event) -> None:
        """Take one event."""
        self.events.append(event)

    def forget(self, nodeid: str) -> None:
        """Drop the events of a test that runs again."""
        self.events = [event for event in self.events if event.get("nodeid") != nodeid]

    def close(self, run: RunEnd) -> None:
        """Write what the report writes."""

    def lines(self, run: RunEnd) -> Iterator[Line]:
        """Yield what the report shows on the terminal."""
        yield from ()
