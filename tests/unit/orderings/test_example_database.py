"""Failing arrangements kept in Hypothesis's example database."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings
from hypothesis.database import ExampleDatabase, InMemoryExampleDatabase

from pytest_kvguard.contract.model import Contract
from pytest_kvguard.orderings import Arrangement
from pytest_kvguard.orderings.example_database import SavedArrangements

Make = Callable[..., Contract]
ONE, TWO = Arrangement(("f", "a")), Arrangement(("f", "b"))


def load(database: ExampleDatabase | None) -> None:
    settings.register_profile("kvguard-test", database=database, derandomize=False)
    settings.load_profile("kvguard-test")


@pytest.fixture
def database() -> Iterator[ExampleDatabase]:
    """The database of the current profile."""
    before = settings.get_current_profile_name()
    in_memory = InMemoryExampleDatabase()
    load(in_memory)
    yield in_memory
    settings.load_profile(before)


@pytest.mark.usefixtures("database")
def test_a_saved_arrangement_is_fetched_by_the_same_search_alone(make_contract: Make) -> None:
    SavedArrangements("one").replace([], ONE)
    assert SavedArrangements("one").fetch(make_contract()) == [ONE]
    assert SavedArrangements("other").fetch(make_contract()) == []


@pytest.mark.usefixtures("database")
def test_the_newest_arrangement_replaces_the_earlier_ones(make_contract: Make) -> None:
    saved = SavedArrangements("one")
    saved.replace([], ONE)
    saved.replace([ONE], TWO)
    assert saved.fetch(make_contract()) == [TWO]
    saved.replace([TWO], TWO)
    assert saved.fetch(make_contract()) == [TWO]
    saved.replace([TWO], None)
    assert saved.fetch(make_contract()) == []


def test_saved_arrangements_that_no_longer_fit_are_deleted(make_contract: Make, database: ExampleDatabase) -> None:
    saved = SavedArrangements("one")
    saved.replace([], ONE)
    key = b"pytest-kvguard orderings one"
    database.save(key, b"\xff not ours")
    assert saved.fetch(make_contract("xyz")) == []
    assert set(database.fetch(key)) == set()


@pytest.mark.usefixtures("database")
def test_without_a_database_nothing_is_saved(make_contract: Make) -> None:
    load(None)
    saved = SavedArrangements("one")
    saved.replace([], ONE)
    assert saved.fetch(make_contract()) == []
