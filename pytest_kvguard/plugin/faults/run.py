"""``--kv-faults``: runs the suite unchanged, then once per planted fault in a separate process, and scores it."""

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
    FaultMeasurement,
    FaultOutcome,
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
"""The number of refactors planted in one run; if a test notices them, each is planted alone."""
SLOWEST, LEAST_SECONDS = 20, 120
"""The time limit of a run with a fault: a multiple of the clean run's time, and the smallest limit in seconds."""

JSON_OPTION = "kv_faults_json"
NOTICE, REACHED = "notice", "reached"
Send = Callable[[Any], None]


def layer_of(item: pytest.Item) -> str:
    """Return the layer of evidence that a test belongs to."""
    if "kv_invariant" in getattr(item, "fixturenames", ()):
        return INVARIANT
    return GOLDEN if item.get_closest_marker(MARK) else CONTRACT


def _run_faults(session: pytest.Session, seconds: float) -> FaultMeasurement:
    """Plant every requested fault after the clean run, and return the measurement.

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
    """End the run if the score would be meaningless."""
    from pytest_kvguard.faults.isolation import can_isolate

    if session.testsfailed:
        end_run(
            session.config,
            f"kvguard: no faults were planted: without any, the number of failed tests is {session.testsfailed}, so a "
            "failure would prove nothing. Fix these tests, or deselect them.",
        )
    if not session.items:
        end_run(session.config, "kvguard: no faults were planted: no tests were collected. Name tests that run models.")
    if not can_isolate():
        end_run(session.config, "kvguard: --kv-faults forks processes, which is not safe on this system. Use Linux.")


class FaultRun:
    """Runs the collected tests with one fault after another.

    Args:
        kv: the session object.
        session: pytest's session, with the tests that passed without a fault.
        clean_seconds: the time that they took.
    """

    def __init__(self, kv: KVSession, session: pytest.Session, clean_seconds: float) -> None:
        self.kv = kv
        self.items = session.items
        self.session = session
        self.clean_seconds = clean_seconds
        self.layers = tuple(layer for layer in LAYERS if layer in {layer_of(item) for item in self.items})
        self.setting = setting_of(kv, self.items)

    def measure(self) -> FaultMeasurement:
        """Plant the faults, then the refactors, and return their outcomes.

        Raises:
            UsageError: a requested fault does not exist.
        """
        from pytest_kvguard.faults.catalogue import CANARY, all_faults, all_refactors, find_faults

        started = time.monotonic()
        only = self.kv.options.faults.only
        faults = find_faults(only) if only else all_faults()
        self._say(f"planting {len(faults) - 1} faults, {self.kv.options.faults.at_once} processes at a time")
        outcomes = [self._announced(outcome) for outcome in self._fault_outcomes(faults[:1])]
        if outcomes[0].status != CAUGHT:
            end_run(
                self.kv.config,
                f"kvguard: the fault {CANARY!r}, which makes every logit zero, was not noticed (number of tests: "
                f"{len(self.items)}), so no score can be trusted: either planting fails here, or no test runs a "
                "model. Add a test that does, e.g. a contract.",
            )
        outcomes = sorted(map(self._announced, self._fault_outcomes(faults[1:])), key=lambda outcome: outcome.id)
        refactors = tuple(refactor_outcomes(all_refactors(), self._run, self._say)) if not only else ()
        seconds = self.clean_seconds + time.monotonic() - started
        return FaultMeasurement(tuple(outcomes), refactors, self.layers, len(self.items), seconds)

    def _fault_outcomes(self, faults: Sequence[Fault]) -> Iterator[FaultOutcome]:
        planted = []
        for fault in faults:
            why = "" if self.setting.unknown else fault.equivalent(self.setting)
            if why:
                yield FaultOutcome(fault.id, fault.around, fault.seen, EQUIVALENT, why=why, edition=fault.edition)
            else:
                planted.append(fault)
        for ended in self._run([[fault] for fault in planted]):
            fault = planted[ended.number]
            notices, reached = _read(ended)
            status = CAUGHT if notices else SURVIVED
            why = "" if notices else "ran, and no test failed" if reached[0] else "its code never ran in this suite"
            yield FaultOutcome(fault.id, fault.around, fault.seen, status, notices, why, ended.seconds, fault.edition)

    def _run(self, batches: Sequence[Sequence[Fault | Refactor]]) -> Iterator[Ended]:
        from pytest_kvguard.faults.isolation import run_isolated

        works = [self._work(batch) for batch in batches]
        limit = max(LEAST_SECONDS, SLOWEST * self.clean_seconds)
        yield from run_isolated(works, self.kv.options.faults.at_once, limit)

    def _work(self, batch: Sequence[Fault | Refactor]) -> Callable[[Send], None]:
        def work(send: Send) -> None:
            from pytest_kvguard.faults.planting import Planting

            self.kv.start_over()
            with ExitStack() as stack:
                plantings = []
                for change in batch:
                    plantings.append(planting := stack.enter_context(Planting()))
                    change.plant(planting, self.setting)
                for notice in first_failures(self.session, self.items):
                    send((NOTICE, notice))
                send((REACHED, [planting.reached for planting in plantings]))

        return work

    def _announced(self, outcome: FaultOutcome) -> FaultOutcome:
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
    """Plant refactors in batches, each member of a noticed batch alone, and yield the outcome of each refactor.

    A batch that is noticed though none of its members is noticed alone yields one joint outcome more.

    Args:
        refactors: code changes that keep the behaviour.
        run: plants each batch in a separate run and yields how the run ended.
        say: shows a line with the seconds that the run took.
    """
    batches = [refactors[first : first + TOGETHER] for first in range(0, len(refactors), TOGETHER)]
    suspects: list[tuple[Sequence[Refactor], tuple[Notice, ...]]] = []
    for ended in run(batches):
        notices, reached = _read(ended)
        members = batches[ended.number]
        result = f"noticed: {notices[0].test}: {printable(notices[0].message)}" if notices else "not noticed"
        say(f"{len(members)} refactors together: {result}", ended.seconds)
        if notices:
            suspects.append((members, notices))
        else:
            yield from (RefactorOutcome(each.id, bool(ran)) for each, ran in zip(members, reached, strict=True))
    alone = [each for members, _ in suspects for each in members]
    outcomes = {}
    for ended in run([[each] for each in alone]):
        notices, reached = _read(ended)
        outcomes[alone[ended.number].id] = RefactorOutcome(alone[ended.number].id, bool(reached[0]), notices)
    yield from outcomes.values()
    for members, notices in suspects:
        if not any(outcomes[each.id].notices for each in members):
            yield RefactorOutcome(JOINT.join(each.id for each in members), True, notices)


def _read(ended: Ended) -> tuple[tuple[Notice, ...], list[int]]:
    """Return the notices of a run with planted faults, and how often each fault's code ran."""
    notices = [value for kind, value in ended.values if kind == NOTICE]
    reached = next((value for kind, value in ended.values if kind == REACHED), [1] * TOGETHER)
    if ended.problem and not notices:
        notices.append(Notice(CONTRACT, "the whole run", ended.problem))
    return tuple(notices), reached


def first_failures(session: pytest.Session, items: Sequence[pytest.Item]) -> Iterator[Notice]:
    """Run tests and yield the first failure of each layer; the layer's remaining tests are skipped."""
    noticed: set[str] = set()
    for number, item in enumerate(items):
        if (layer := layer_of(item)) in noticed:
            continue
        # The previous test may have kept fixtures for a test that is now skipped: tear down those this one lacks.
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


def _fails(measured: FaultMeasurement, least: float | None) -> bool:
    """Return whether the score is below the required share, or a refactor caused a false alarm."""
    below = least is not None and (measured.score is None or measured.score < least)
    return below or bool(measured.false_alarms)


def watch_faults(kv: KVSession) -> None:
    """Register the plugin that plants faults after the clean run.

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
        self.measured: FaultMeasurement | None = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Iterator[None]:
        """Plant faults after the clean run."""
        import torch

        threads = torch.get_num_threads()
        # A forked process cannot use threads that its parent started.
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
        return result  # noqa: B901 - a hook wrapper returns the result

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run if too few faults were caught or a refactor caused a false alarm."""
        if self.measured and _fails(self.measured, self.kv.options.faults.least):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
