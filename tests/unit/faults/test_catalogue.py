from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.faults import refactors, seeded
from pytest_kvguard.faults.catalogue import CANARY, all_faults, all_refactors, find_faults
from pytest_kvguard.faults.fault import AROUND, EDITIONS, FIRST, LEVELS, SECOND, Fault, Refactor


def files_of(package: object) -> set[str]:
    folder = Path(package.__file__).parent  # type: ignore[attr-defined]
    return {path.stem.replace("_", "-") for path in folder.glob("*.py")} - {"--init--"}


def test_a_fault_is_one_file_of_the_same_name() -> None:
    assert {fault.id for fault in all_faults()} == files_of(seeded)


def test_a_refactor_is_one_file_of_the_same_name() -> None:
    assert {refactor.id for refactor in all_refactors()} == files_of(refactors)


def test_there_are_enough_of_both_to_measure_with() -> None:
    assert len(all_faults()) > 40
    assert len(all_refactors()) >= 20


def test_both_halves_of_the_catalogue_are_large_enough_to_tell_them_apart() -> None:
    halves = [[fault for fault in all_faults() if fault.edition == edition] for edition in EDITIONS]
    assert list(EDITIONS) == [FIRST, SECOND]
    assert all(len(half) > 40 for half in halves)
    assert len({fault.around for fault in halves[1]}) == len(AROUND)


def test_the_canary_goes_first() -> None:
    assert all_faults()[0].id == CANARY


@pytest.mark.parametrize("fault", all_faults(), ids=lambda fault: fault.id)
def test_a_fault_says_where_it_was_seen_and_what_sees_it(fault: Fault) -> None:
    assert fault.around in AROUND
    assert fault.levels
    assert set(fault.levels) <= set(LEVELS)
    assert fault.seen
    assert fault.symptom
    assert fault.seed


@pytest.mark.parametrize("refactor", all_refactors(), ids=lambda refactor: refactor.id)
def test_a_refactor_says_what_it_changes(refactor: Refactor) -> None:
    assert refactor.around in AROUND
    assert refactor.change


def test_no_two_threads_are_counted_twice() -> None:
    seen = [fault.seen for fault in all_faults()]
    assert len(set(seen)) == len(seen)


def test_faults_are_looked_up_by_name_and_the_canary_is_added() -> None:
    assert [fault.id for fault in find_faults(["wrong-end", "wrong-end"])] == [CANARY, "wrong-end"]


def test_a_users_fault_is_looked_up_by_its_module() -> None:
    assert find_faults(["pytest_kvguard.faults.seeded.empty_cache"])[-1].id == "empty-cache"


def test_an_unknown_fault_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UsageError, match="Unknown fault 'wrong-and'. Did you mean 'wrong-end'"):
        find_faults(["wrong-and"])


def test_a_module_without_a_fault_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot be imported: .*FAULT"):
        find_faults(["pytest_kvguard.faults.fault"])
