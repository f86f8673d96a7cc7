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
    """Return the outcomes if exactly the runs that plant all refactors of one of these sets notice something."""

    def run(batches: Sequence[Sequence[Refactor]]) -> Iterator[Ended]:
        for number, batch in enumerate(batches):
            names = {refactor.id for refactor in batch}
            notices = [(NOTICE, ALARM)] if any(seen <= names for seen in noticed) else []
            yield Ended(number, (*notices, (REACHED, [1] * len(batch))), "", 1.0)

    outcomes = refactor_outcomes(REFACTORS, run, lambda line, seconds: said.append(line))
    return [(outcome.id, outcome.notices) for outcome in outcomes]


def test_a_noticed_refactor_is_the_only_alarm_of_its_batch() -> None:
    said: list[str] = []
    culprit = REFACTORS[1].id
    outcomes = dict(trial([{culprit}], said))
    assert set(outcomes) == {refactor.id for refactor in REFACTORS}
    assert {name for name, notices in outcomes.items() if notices} == {culprit}
    assert f"6 refactors together: noticed: {ALARM.test}: a key moved" in said
    assert "2 refactors together: not noticed" in said


def test_refactors_noticed_only_together_are_one_joint_alarm() -> None:
    pair = {REFACTORS[0].id, REFACTORS[3].id}
    outcomes = trial([pair], [])
    alarms = [name for name, notices in outcomes if notices]
    assert alarms == [" + ".join(refactor.id for refactor in REFACTORS[:6])]
    told = tuple(RefactorOutcome(name, True, notices) for name, notices in outcomes)
    assert FaultMeasurement((), told, (INVARIANT,), 1, 1.0).planted_refactors == len(REFACTORS)


def test_unnoticed_refactors_are_no_alarm() -> None:
    outcomes = trial([], [])
    assert [name for name, _ in outcomes] == [refactor.id for refactor in REFACTORS]
    assert not any(notices for _, notices in outcomes)
