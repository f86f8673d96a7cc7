"""The summary of a run's accepted losses, and the update of their file, in the process that has the terminal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from _pytest.pathlib import bestrelpath

from pytest_kvguard.accepted.entry import AcceptedCell, Document, LeakRequest, Place
from pytest_kvguard.accepted.update import Observation, Update, update_document, without_unused
from pytest_kvguard.errors import UsageError
from pytest_kvguard.plugin.narrowing import WHOLE, is_narrowed
from pytest_kvguard.plugin.options.accepted import OPTION, AcceptOptions
from pytest_kvguard.reports.printable import printable
from pytest_kvguard.reports.report import Event, Line, Report, RunEnd
from pytest_kvguard.runs.settings import RunSettings

__all__ = ["AcceptedLosses"]

MOST_NAMES = 20


class AcceptedLosses(Report):
    """Shows what is new, accepted, recovered and lapsed; with an update, writes the file when the session ends.

    Args:
        config: pytest's configuration.
        options: the options of accepted losses.
        settings: the settings of the run.
    """

    reads = ("acceptance",)

    def __init__(self, config: pytest.Config, options: AcceptOptions, settings: RunSettings) -> None:
        super().__init__()
        self.config, self.options, self.settings = config, options, settings
        self.update: Update | None = None
        self.unused: list[tuple[AcceptedCell, Place]] = []
        self.is_written = False
        self.problem = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Find unused entries, update the file, and fail a run that could not, or was forced to."""
        if not self.events or session.exitstatus not in WHOLE:
            if self.options.update and not self.config.getoption("collectonly", False):
                self.problem = f"{OPTION} updated nothing: no check ran under compression, or the run was stopped"
                self._fail(session)
            return
        seen = [Observation.from_json(event["seen"]) for event in self.events]
        run = self._run_cells(seen[0].cell.model)
        self.unused = [] if is_narrowed(self.config) else list(dict.fromkeys(self._find_unused(seen, run)))
        if not self.options.update:
            return
        try:
            self._write(seen, run)
        except UsageError as error:
            self.problem = str(error)
        lost = {each.place for each in seen if each.failing}
        is_partial = self.update is not None and any(place in lost for _, place, _ in self.update.skipped)
        if self.problem or is_partial or self.options.force:
            self._fail(session)

    def _fail(self, session: pytest.Session) -> None:
        if session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _run_cells(self, model: str) -> tuple[AcceptedCell, ...]:
        return tuple(AcceptedCell.of(cell, self.settings.scope, model) for cell in self.settings.compressed_cells)

    def _write(self, seen: list[Observation], run: tuple[AcceptedCell, ...]) -> None:
        from pytest_kvguard.accepted.store import change_file

        def change(document: Document) -> Document:
            self.update = update_document(document, seen, run)
            after = self.update.document
            return without_unused(after, self.unused) if self.options.prune else after

        self.is_written = change_file(self.options.path, change)

    def _find_unused(
        self, seen: list[Observation], run: tuple[AcceptedCell, ...]
    ) -> Iterator[tuple[AcceptedCell, Place]]:
        """Yield the entries that the run would have used if there were such a check."""
        places = {(each.cell, each.place) for each in seen}
        contracts = {(each.cell, each.place.contract) for each in seen}
        for cell in run:
            judge = self.options.document.judge_of(cell)
            for place in self.options.document.entries_of(judge) if judge is not None else ():
                ran = (cell, place.contract) in contracts
                is_gone = not (self.config.rootpath / place.contract).exists()
                if (ran or is_gone) and (cell, place) not in places and judge is not None:
                    yield judge, place

    def lines(self, run: RunEnd) -> Iterator[Line]:
        """See ``Report``."""
        counts = Counter(event["standing"] for event in self.events)
        path = bestrelpath(self.config.invocation_params.dir, self.options.path)
        if self.events and not run.is_quiet:
            yield Line(f"kvguard: accepted losses ({path})", is_heading=True)
            yield from self._newly()
            yield from self._told()
        if self.events:
            yield Line(f"{'kvguard: ' * run.is_quiet}{self._counts(counts)}", "red" if self._fails(counts) else "")
        yield from self._update_lines(path)
        if self.problem:
            yield Line(f"kvguard: {self.problem}", "red")

    def _fails(self, counts: Counter[str]) -> bool:
        return bool(counts["new"]) and not self.options.update

    def _counts(self, counts: Counter[str]) -> str:
        told = "before this update: " * self.options.update
        told += f"{counts['new']} new, {counts['accepted']} accepted, {counts['recovered']} recovered"
        if counts["recovered"] and not self.options.update:
            told += f" (better than accepted: run pytest {OPTION}=update)"
        lapsed = {_name(event) for event in self.events if event["lapsed"]}
        return told + (f", {len(lapsed)} lapsed" if lapsed else "")

    def _ranked(self) -> list[Event]:
        """Return the events in an order that does not depend on which process sent them."""
        return sorted(self.events, key=lambda event: str(event["nodeid"]))

    def _newly(self) -> Iterator[Line]:
        """Yield what is newly lost or leaked, before all else; an update has accepted most of it."""
        if self.options.update:
            return
        new = [event for event in self._ranked() if event["standing"] == "new"]
        for event in new[:MOST_NAMES]:
            reason = printable(event["reason"]).removeprefix(f"{event['seen']['verdict']}: ")
            yield Line(f"newly {event['seen']['verdict']}: {event['nodeid']}: {reason}", "red")
        if len(new) > MOST_NAMES:
            yield Line(f"and {len(new) - MOST_NAMES} more", "red")

    def _told(self) -> Iterator[Line]:
        """Yield what has lapsed and why, what is judged by another policy, and what has recovered."""
        lapsed = dict.fromkeys(
            f"lapsed: {_name(event)}: {event['lapsed']}" for event in self._ranked() if event["lapsed"]
        )
        yield from (Line(line, "yellow") for line in lapsed)
        judged = {(event["seen"]["label"], event["judged_by"]): None for event in self.events if event["judged_by"]}
        for label, what in judged:
            yield Line(f"{label} is judged by {what}", "yellow")
        recovered = [_name(event) for event in self._ranked() if event["standing"] == "recovered"]
        if recovered:
            yield Line(f"recovered: {_listed(recovered)}", "green")
        if self.unused and not self.options.prune:
            names = [f"{place.label} under {cell.label}" for cell, place in self.unused]
            advice = f"no check of this run uses them; pytest {OPTION}=update,prune deletes them"
            yield Line(f"unused: {_listed(names)} ({advice})", "yellow")

    def _update_lines(self, path: str) -> Iterator[Line]:
        update = self.update
        if update is None:
            return
        pruned = f", {len(self.unused)} pruned" if self.options.prune else ""
        done = f"{len(update.accepted)} accepted, {len(update.dropped)} dropped{pruned}"
        yield Line(f"kvguard: {path} {'updated' if self.is_written else 'unchanged'}: {done}")
        for label, place, why in update.skipped:
            yield Line(f"kvguard: {place.label} under {label} was not updated: {why}", "yellow")
        if update.leaks:
            yield Line(_leak_advice(update.leaks, path), "red")
        if self.options.force:
            yield Line("kvguard: force was given, so this run fails: review and commit the file", "red")


def _leak_advice(leaks: list[LeakRequest], path: str) -> str:
    head = (
        f"kvguard: {len(leaks)} leak(s) not accepted. They are accepted one by one: "
        f"write an entry into {path}, with your reason, and update again:"
    )
    records = ({**vars(leak.place), "cell": leak.cell, "reason": ""} for leak in leaks)
    lines = [f"  - {json.dumps(record, ensure_ascii=False)}" for record in records]
    return "\n".join([head, "leaks:", *lines])


def _name(event: Event) -> str:
    seen: dict[str, Any] = event["seen"]
    return f"{Place(**seen['place']).label} under {seen['label']}"


def _listed(names: Iterable[str]) -> str:
    shown = list(dict.fromkeys(names))
    more = f" and {len(shown) - MOST_NAMES} more" if len(shown) > MOST_NAMES else ""
    return f"{', '.join(shown[:MOST_NAMES])}{more}"
