"""Failing arrangements in Hypothesis's example database, which the next run tries first."""

from __future__ import annotations

from hypothesis import settings
from hypothesis.database import ExampleDatabase

from pytest_kvguard.contract.model import Contract
from pytest_kvguard.orderings.arrangement import Arrangement

__all__ = ["SavedArrangements"]


class SavedArrangements:
    """The failing arrangements of earlier runs of one search; none where the current profile has no database.

    Args:
        name: identifies the search; the same in every run.
    """

    def __init__(self, name: str) -> None:
        self._key = f"pytest-kvguard orderings {name}".encode()
        self._database: ExampleDatabase | None = settings().database

    def fetch(self, contract: Contract) -> list[Arrangement]:
        """Return the saved arrangements that fit the contract; delete the others."""
        fitting = []
        for value in sorted(self._database.fetch(self._key)) if self._database else ():
            arrangement = _read(value)
            if arrangement is not None and arrangement.fits(contract):
                fitting.append(arrangement)
            elif self._database:
                self._database.delete(self._key, value)
        return fitting

    def replace(self, old: list[Arrangement], new: Arrangement | None) -> None:
        """Replace the old arrangements by the new one; None only deletes them."""
        if self._database is None:
            return
        for arrangement in old:
            if arrangement != new:
                self._database.delete(self._key, arrangement.to_json().encode())
        if new is not None:
            self._database.save(self._key, new.to_json().encode())


def _read(value: bytes) -> Arrangement | None:
    try:
        return Arrangement.from_json(value.decode())
    except ValueError:
        return None
