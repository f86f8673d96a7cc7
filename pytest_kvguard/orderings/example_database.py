"""Failing arrangements in Hypothesis's example database, so that the next run tries them first."""

from __future__ import annotations

from hypothesis import settings
from hypothesis.database import ExampleDatabase

from pytest_kvguard.contract.model import Contract
from pytest_kvguard.orderings.arrangement import Arrangement

__all__ = ["SavedArrangements"]


class SavedArrangements:
    """What one search has found before; empty where the current profile has no database.

    Args:
        name: tells searches apart, the same in every run.
    """

    def __init__(self, name: str) -> None:
        self._key = f"pytest-kvguard orderings {name}".encode()
        self._database: ExampleDatabase | None = settings().database

    def fetch(self, contract: Contract) -> list[Arrangement]:
        """Return what was saved and still fits the contract; drop the rest."""
        found = []
        for value in sorted(self._database.fetch(self._key)) if self._database else ():
            arrangement = _read(value)
            if arrangement is not None and arrangement.fits(contract):
                found.append(arrangement)
            elif self._database:
                self._database.delete(self._key, value)
        return found

    def replace(self, old: list[Arrangement], new: Arrangement | None) -> None:
        """Keep the new arrangement alone."""
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
