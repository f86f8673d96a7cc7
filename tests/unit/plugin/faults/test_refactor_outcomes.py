from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_kvguard.faults.catalogue import all_refactors
from pytest_kvguard.faults.fault import Refactor
from pytest_kvguard.faults.isolation import Ended
from pytest_kvguard.faults.outcome import INVARIANT, FaultMeasurement, Notice, RefactorOutcome
from pytest_kvguard.plugin.faults.run import NOTICE, REACHED, refactor_outcomes

REFACTORS = all_refactors()[:8]
ALARM = Notice(INVARIANT, "test_suite.py::test_invariant", "a key moved")


def trial(noticed: Sequence[set[str]], said: list[str]) -> list[tuple[str, tuple[Notice, ...]]]:
    """Return what comes of the refactors where exactly runs that plant all of one of these sets notice something."""

    def run(groups: Sequence[Sequence[Refactor]]) -> Iterator[Ended]:
        for number, group in enumerate(groups):
            names = {made.id for made in group}
            notices = [(NOTICE, ALARM)] if any(seen <= names for seen in noticed) else []
            yield Ended(number, (*notices, (REACHED, [1] * len(group))), "", 1.0)

    outcomes = refactor_outcomes(REFACTORS, run, lambda line, seconds: said.append(line))
    return [(outcome.id, outcome.notices) for outcome in outcomes]


def test_a_refactor_that_is_noticed_is_told_alone() -> None:
    said: list[str] = []
    culprit = REFACTORS[1].id
    outcomes = dict(trial([{culprit}], said))
    assert set(outcomes) == {made.id for made in REFACTORS}
    assert {name for name, notices in outcomes.items() if notices} == {culprit}
    assert f"6 refactors together: noticed: {ALARM.test}: a key moved" in said
    assert "2 refactors together: not noticed" in said


def test_refactors_that_are_noticed_only_together_are_an_alarm_too() -> None:
    pair = {REFACTORS[0].id, REFACTORS[3].id}
    outcomes = trial([pair], [])
    alarms = [name for name, notices in outcomes if notices]
    assert alarms == [" + ".join(made.id for made in REFACTORS[:6])]
    told = tuple(RefactorOutcome(name, True, notices) for name, notices in outcomes)
    assert FaultMeasurement((), told, (INVARIANT,), 1, 1.0).planted_refactors == len(REFACTORS)


def test_nothing_noticed_is_no_alarm() -> None:
    outcomes = trial([], [])
    assert [name for name, _ in outcomes] == [made.id for made in REFACTORS]
    assert not any(notices for _, notices in outcomes)
