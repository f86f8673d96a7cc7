"""The recurrent states of the rows of a batch."""

from __future__ import annotations

from collections.abc import Sequence

from kvguard_policies.recurrent_states import NO_STATES, RecurrentStates
from pytest_kvguard.engine.row import Row

__all__ = ["RowStates"]


class RowStates:
    """Holds the states of all rows in the order of the newest call, so that only a change of rows copies any."""

    def __init__(self) -> None:
        self._order: list[Row] = []
        self._padding = 0
        self._states: RecurrentStates = NO_STATES
        self._waiting: dict[int, RecurrentStates] = {}

    def of(self, rows: Sequence[Row], padding: int) -> RecurrentStates:
        """Return the states for a call, which changes them; those of a row that is new are its context's.

        Args:
            rows: the rows of the call.
            padding: how many rows follow only to fill up the batch; they copy the first one.
        """
        if not rows[0].cache.states:
            return NO_STATES
        if padding != self._padding or list(map(id, rows)) != list(map(id, self._order)):
            self._arrange(rows, padding)
        return self._states

    def _arrange(self, rows: Sequence[Row], padding: int) -> None:
        called = {id(row) for row in rows}
        for place, row in enumerate(self._order):
            if id(row) not in called and not row.stopped:  # it waits for its next call
                self._waiting[id(row)] = self._states.select([place])
        known = {id(row): place for place, row in enumerate(self._order)}
        joining = [row for row in rows if id(row) not in known]
        known.update({id(row): len(self._order) + self._padding + n for n, row in enumerate(joining)})
        parts = [self._waiting.pop(id(row), row.cache.states) for row in joining]
        source = RecurrentStates.joined([*([self._states] if self._states else []), *parts]) if parts else self._states
        places = [known[id(row)] for row in rows]
        self._states = source.select([*places, *places[:1] * padding])
        self._order, self._padding = list(rows), padding
