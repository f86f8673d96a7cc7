"""``--kv-faults``: the suite runs as always, then once per fault in a process of its own, and the score is told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.runner import runtestprotocol

from pytest_kvguard.errors import KVGuardError
from pytest_kvguard.faults.outcome import (
    CAUGHT,
    CONTRACT,
    EQUIVALENT,
    GOLDEN,
    INVARIANT,
    JOINT,
    LAYERS,
    SURVIVED,
    FaultOutcome,
    Measurement,
    Notice,
    RefactorOutcome,
)
from pytest_kvguard.plugin.evidence.stream import tell
from pytest_kvguard.plugin.faults.setting import setting_of
from pytest_kvguard.plugin.goldens.selection import MARK
from pytest_kvguard.plugin.session import KVSession, session_key
from pytest_kvguard.plugin.workers.ending import end_run
from pytest_kvguard.reports.ownership import own_json, require_output, tool_mark
from pytest_kvguard.reports.printable import printable
from pytest_kvguard.reports.target import write_whole

if TYPE_CHECKING:
    from pytest_kvguard.faults.fault import Fault, Refactor
    from pytest_kvguard.faults.isolation import Ended

__all__ = ["FaultPlugin", "FaultRun", "first_failures", "layer_of", "refactor_outcomes", "watch_faults"]

TOGETHER = 6
"""Refactors that are planted at once; where something is noticed, each is planted alone."""
SLOWEST, LEAST_SECONDS = 20, 120
"""A run with a fault may take so many times as long as the clean one, and this long at least."""

JSON_OPTION = "kv_faults_json"
NOTICE, REACHED = "notice", "reached"
Send = Callable[[Any], None]


def layer_of(item: pytest.Item) -> str:
    """Return the layer of evidence that a test belongs to."""
    if "kv_invariant" in getattr(item, "fixturenames", ()):
        return INVARIANT
    return GOLDEN if item.get_closest_marker(MARK) else CONTRACT


def _run_faults(session: pytest.Session, seconds: float) -> Measurement:
    """Plant every fault that is wanted; the clean run is over and took so many seconds.

    Raises:
        pytest.exit.Exception: there is nothing to measure, or planting does not work.
    """
    config = session.config
    kv = config.stash[session_key]
    _refuse_unsound(session)
    try:
        measured = FaultRun(kv, session, seconds).measure()
    except KVGuardError as error:
        end_run(config, f"kvguard: {error}")
    options = kv.options.faults
    if options.json:
        document = {"tool": tool_mark(JSON_OPTION), **measured.document()}
        write_whole(options.json, json.dumps(document, indent=2) + "\n")
    return measured


def _refuse_unsound(session: pytest.Session) -> None:
    """End the run where a score would mean nothing."""
    from pytest_kvguard.faults.isolation import can_isolate

    if session.testsfailed:
        end_run(
            session.config,
            f"kvguard: no faults were planted: {session.testsfailed} tests fail without any, so a failure would prove "
            "nothing. Mend them, or leave them out.",
        )
    if not session.items:
        end_run(session.config, "kvguard: no faults were planted: there are no tests. Name those that should notice.")
    if not can_isolate():
        end_run(session.config, "kvguard: --kv-faults forks processes, which this system cannot do safely. Use Linux.")


class FaultRun:
    """Runs the collected tests with one fault after another.

    Args:
        kv: the session object.
        session: pytest's, with the tests that ran clean.
        clean_seconds: how long they took.
    """

    def __init__(self, kv: KVSession, session: pytest.Session, clean_seconds: float) -> None:
        self.kv = kv
        self.items = session.items
        self.session = session
        self.clean_seconds = clean_seconds
        self.layers = tuple(layer for layer in LAYERS if layer in {layer_of(item) for item in self.items})
        self.setting = setting_of(kv, self.items)

    def measure(self) -> Measurement:
        """Plant the faults, then the refactors, and return what came of them.

        Raises:
            UsageError: a fault that there is not.
        """
        from pytest_kvguard.faults.catalogue import CANARY, all_faults, all_refactors, find_faults

        started = time.monotonic()
        only = self.kv.options.faults.only
        faults = find_faults(only) if only else all_faults()
        self._say(f"planting {len(faults) - 1} faults, {self.kv.options.faults.at_once} processes at a time")
        outcomes = [self._told(outcome) for outcome in self._fault_outcomes(faults[:1])]
        if outcomes[0].status != CAUGHT:
            end_run(
                self.kv.config,
                f"kvguard: the fault {CANARY!r}, which makes every logit zero, was not noticed by {len(self.items)} "
                "tests, so no score can be trusted: either planting does not work here, or no test runs a model.",
            )
        outcomes = sorted(map(self._told, self._fault_outcomes(faults[1:])), key=lambda outcome: outcome.id)
        refactors = tuple(refactor_outcomes(all_refactors(), self._run, self._say)) if not only else ()
        seconds = self.clean_seconds + time.monotonic() - started
        return Measurement(tuple(outcomes), refactors, self.layers, len(self.items), seconds)

    def _fault_outcomes(self, faults: Sequence[Fault]) -> Iterator[FaultOutcome]:
        planted = []
        for fault in faults:
            why = "" if self.setting.unknown else fault.equivalent(self.setting)
            if why:
                yield FaultOutcome(fault.id, fault.around, fault.seen, EQUIVALENT, why=why)
            else:
                planted.append(fault)
        for ended in self._run([[fault] for fault in planted]):
            fault = planted[ended.number]
            notices, reached = _read(ended)
            status = CAUGHT if notices else SURVIVED
            why = "" if notices else "ran, and no test failed" if reached[0] else "its code never ran in this suite"
            yield FaultOutcome(fault.id, fault.around, fault.seen, status, notices, why, ended.seconds)

    def _run(self, seeds: Sequence[Sequence[Fault | Refactor]]) -> Iterator[Ended]:
        from pytest_kvguard.faults.isolation import run_isolated

        works = [self._work(planted) for planted in seeds]
        limit = max(LEAST_SECONDS, SLOWEST * self.clean_seconds)
        yield from run_isolated(works, self.kv.options.faults.at_once, limit)

    def _work(self, seeds: Sequence[Fault | Refactor]) -> Callable[[Send], None]:
        def work(send: Send) -> None:
            from pytest_kvguard.faults.planting import Planting

            self.kv.start_over()
            with ExitStack() as stack:
                plantings = []
                for seed in seeds:
                    plantings.append(planting := stack.enter_context(Planting()))
                    seed.plant(planting, self.setting)
                for notice in first_failures(self.session, self.items):
                    send((NOTICE, notice))
                send((REACHED, [planting.reached for planting in plantings]))

        return work

    def _told(self, outcome: FaultOutcome) -> FaultOutcome:
        from pytest_kvguard.reports.faults import progress_line

        self._say(progress_line(outcome))
        return outcome

    def _say(self, text: str, seconds: float | None = None) -> None:
        self.kv.progress.announce(text if seconds is None else f"{text} ({seconds:.1f} s)")


def refactor_outcomes(
    refactors: Sequence[Refactor],
    run: Callable[[Sequence[Sequence[Refactor]]], Iterable[Ended]],
    say: Callable[[str, float], None],
) -> Iterator[RefactorOutcome]:
    """Plant refactors several at once and, where something is noticed, each alone; what only all notice is told too.

    Args:
        refactors: changes that change nothing.
        run: plants each group in a run of its own and yields what became of it.
        say: takes a line for the screen and the seconds it took.
    """
    groups = [refactors[first : first + TOGETHER] for first in range(0, len(refactors), TOGETHER)]
    suspects: list[tuple[Sequence[Refactor], tuple[Notice, ...]]] = []
    for ended in run(groups):
        notices, reached = _read(ended)
        members = groups[ended.number]
        told = f"noticed: {notices[0].test}: {printable(notices[0].message)}" if notices else "not noticed"
        say(f"{len(members)} refactors together: {told}", ended.seconds)
        if notices:
            suspects.append((members, notices))
        else:
            yield from (RefactorOutcome(made.id, bool(ran)) for made, ran in zip(members, reached, strict=True))
    alone = [made for members, _ in suspects for made in members]
    outcomes = {}
    for ended in run([[made] for made in alone]):
        notices, reached = _read(ended)
        outcomes[alone[ended.number].id] = RefactorOutcome(alone[ended.number].id, bool(reached[0]), notices)
    yield from outcomes.values()
    for members, notices in suspects:
        if not any(outcomes[made.id].notices for made in members):
            yield RefactorOutcome(JOINT.join(made.id for made in members), True, notices)


def _read(ended: Ended) -> tuple[tuple[Notice, ...], list[int]]:
    """Return what a run with a fault in it noticed, and how often each planted part ran."""
    notices = [value for kind, value in ended.values if kind == NOTICE]
    reached = next((value for kind, value in ended.values if kind == REACHED), [1] * TOGETHER)
    if ended.problem and not notices:
        notices.append(Notice(CONTRACT, "the whole run", ended.problem))
    return tuple(notices), reached


def first_failures(session: pytest.Session, items: Sequence[pytest.Item]) -> Iterator[Notice]:
    """Run tests and yield the first failure of every layer; the rest of a layer is not run any more."""
    noticed: set[str] = set()
    for number, item in enumerate(items):
        if (layer := layer_of(item)) in noticed:
            continue
        # What the test before set up and this one does not share was kept for another test, which is not run.
        session._setupstate.teardown_exact(item)
        following = next((other for other in items[number + 1 :] if layer_of(other) not in noticed), None)
        for report in runtestprotocol(item, nextitem=following, log=False):
            if report.failed and layer not in noticed:
                noticed.add(layer)
                yield Notice(layer, item.nodeid, _first_line(report))


def _first_line(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    lines: Iterable[str] = (crash.message if crash else report.longreprtext).strip().splitlines()
    return next(iter(lines), "failed")


def _fails(measured: Measurement, least: float | None) -> bool:
    """Return whether a measurement is worse than what was asked for."""
    below = least is not None and (measured.score is None or measured.score < least)
    return below or bool(measured.false_alarms)


def watch_faults(kv: KVSession) -> None:
    """Have faults planted after the run.

    Raises:
        UsageError: the file of the figures cannot be written, or it exists and no such run wrote it.
    """
    path = kv.options.faults.json
    if path and not kv.config.getoption("collectonly", False):
        require_output(f"{JSON_OPTION}={path}", path, own_json(JSON_OPTION))
    kv.config.pluginmanager.register(FaultPlugin(kv), "kvguard-faults")


class FaultPlugin:
    """Hooks of a run with ``--kv-faults``."""

    def __init__(self, kv: KVSession) -> None:
        self.kv = kv
        self.measured: Measurement | None = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Iterator[None]:
        """Plant after the clean run."""
        import torch

        threads = torch.get_num_threads()
        # Forked processes cannot use threads that their parent started.
        torch.set_num_threads(1)
        started = time.monotonic()
        try:
            result = yield
            if not session.config.option.collectonly:
                self.measured = _run_faults(session, time.monotonic() - started)
                least = self.kv.options.faults.least
                tell(session.config, {"kind": "faults", "measured": self.measured, "least": least})
        finally:
            torch.set_num_threads(threads)
        return result  # noqa: B901 - a wrapper returns what it wraps

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail where fewer faults were caught than asked for."""
        if self.measured and _fails(self.measured, self.kv.options.faults.least):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
