"""A backend that runs only requests whose outcomes are not in the result store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeVar

from pytest_kvguard.backends.protocol import Backend, OnOutcome, Progress, TurnOutcome, TurnRequest
from pytest_kvguard.backends.turn_key import TurnKeys
from pytest_kvguard.result_store.store import ResultStore
from pytest_kvguard.result_store.values import dump_value, load_value

__all__ = ["ModelFacts", "Stored", "TellingBackend"]

Value = TypeVar("Value")


class TellingBackend(Backend, Protocol):
    """A backend that reports every outcome while others still run."""

    @property
    def null_changes(self) -> tuple[str, ...]:
        """See ``Backend``."""

    def run_turns(
        self, requests: Sequence[TurnRequest], progress: Progress | None = None, on_outcome: OnOutcome | None = None
    ) -> list[TurnOutcome | Exception]:
        """See ``Backend.run_turns``."""


@dataclass(frozen=True)
class ModelFacts:
    """The attributes of a backend that are read before anything runs."""

    title: str
    null_changes: tuple[str, ...]


class Stored:
    """Returns stored outcomes, and runs and stores the missing ones; errors are not stored, so they run again.

    Args:
        make: creates the backend that runs the missing requests; called only if there are any.
        store: the result store.
        keys: makes the keys of outcomes.
        facts_key: key of the backend's title and harmless changes; None asks the backend every time.

    Attributes:
        reused: number of outcomes from the store.
        computed: number of requests that the backend ran.
    """

    def __init__(
        self, make: Callable[[], TellingBackend], store: ResultStore, keys: TurnKeys, facts_key: str | None
    ) -> None:
        self._make = make
        self._store = store
        self._keys = keys
        self._facts_key = facts_key
        self.reused = 0
        self.computed = 0

    @cached_property
    def backend(self) -> TellingBackend:
        """The backend that runs the missing requests."""
        return self._make()

    @property
    def title(self) -> str:
        """See ``Backend``."""
        return self._facts.title

    @property
    def null_changes(self) -> tuple[str, ...]:
        """See ``Backend``."""
        return self._facts.null_changes

    @cached_property
    def _facts(self) -> ModelFacts:
        known = self._look_up(self._facts_key, ModelFacts)
        if known is None:
            known = ModelFacts(self.backend.title, self.backend.null_changes)
            self._keep(self._facts_key, known)
        return known

    def run_turns(
        self, requests: Sequence[TurnRequest], progress: Progress | None = None
    ) -> list[TurnOutcome | Exception]:
        """See ``Backend.run_turns``."""
        keys = [self._keys.turn(request) for request in requests]
        outcomes: list[TurnOutcome | Exception | None] = [self._look_up(key, TurnOutcome) for key in keys]
        missing = [number for number, outcome in enumerate(outcomes) if outcome is None]
        self.reused += len(requests) - len(missing)
        self.computed += len(missing)
        if missing:

            def keep(number: int, outcome: TurnOutcome) -> None:
                place = missing[number]
                # A key that has changed since then: the template has read another date than the key.
                if self._keys.turn(requests[place]) == keys[place]:
                    self._keep(keys[place], outcome)

            computed = self.backend.run_turns([requests[number] for number in missing], progress, keep)
            for number, outcome in zip(missing, computed, strict=True):
                outcomes[number] = outcome
        return [outcome for outcome in outcomes if outcome is not None]

    def _look_up(self, key: str | None, kind: type[Value]) -> Value | None:
        payload = self._store.get(key) if key else None
        try:
            return None if payload is None else load_value(kind, payload)
        except ValueError:
            return None

    def _keep(self, key: str | None, value: TurnOutcome | ModelFacts) -> None:
        if key:
            self._store.put(key, dump_value(value))
