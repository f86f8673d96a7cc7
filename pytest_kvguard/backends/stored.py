"""A backend that runs only what is not in the result store, and is made only if there is such a thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeVar

from pytest_kvguard.backends.protocol import Backend, OnOutcome, Progress, TurnOutcome, TurnRequest
from pytest_kvguard.backends.turn_key import TurnKeys
from pytest_kvguard.result_store.store import ResultStore
from pytest_kvguard.result_store.values import dump_value, load_value
from pytest_kvguard.values.results import DECIDED

__all__ = ["ModelFacts", "Stored", "TellingBackend"]

Value = TypeVar("Value")


class TellingBackend(Backend, Protocol):
    """A backend that tells of every outcome while others still run."""

    @property
    def null_changes(self) -> tuple[str, ...]:
        """See ``Backend``."""

    def run_turns(
        self, requests: Sequence[TurnRequest], progress: Progress | None = None, on_outcome: OnOutcome | None = None
    ) -> list[TurnOutcome | Exception]:
        """See ``Backend.run_turns``."""


@dataclass(frozen=True)
class ModelFacts:
    """What is asked of a backend before anything runs."""

    title: str
    null_changes: tuple[str, ...]


class Stored:
    """Answers from the store what was answered before; errors are not kept, and run again.

    Args:
        make: makes the backend that runs the rest.
        store: where outcomes are kept.
        keys: what they are kept under.
        facts_key: what the backend's title and harmless changes are kept under; None asks it every time.

    Attributes:
        found: how many outcomes came from the store.
        made: how many were run.
    """

    def __init__(
        self, make: Callable[[], TellingBackend], store: ResultStore, keys: TurnKeys, facts_key: str | None
    ) -> None:
        self._make = make
        self._store = store
        self._keys = keys
        self._facts_key = facts_key
        self.found = 0
        self.made = 0

    @cached_property
    def backend(self) -> TellingBackend:
        """What runs the rest."""
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
        outcomes: list[TurnOutcome | Exception | None] = [self._find(request) for request in requests]
        missing = [number for number, outcome in enumerate(outcomes) if outcome is None]
        self.found += len(requests) - len(missing)
        self.made += len(missing)
        if missing:

            def keep(number: int, outcome: TurnOutcome) -> None:
                self._keep(self._key_of(requests[missing[number]], outcome), outcome)

            made = self.backend.run_turns([requests[number] for number in missing], progress, keep)
            for number, outcome in zip(missing, made, strict=True):
                outcomes[number] = outcome
        return [outcome for outcome in outcomes if outcome is not None]

    def _find(self, request: TurnRequest) -> TurnOutcome | None:
        """Look a reply up; where it may stop early, one that did comes first, so that runs of one command agree."""
        stopped = self._look_up(self._keys.stopped_turn(request), TurnOutcome)
        return stopped or self._look_up(self._keys.turn(request), TurnOutcome)

    def _key_of(self, request: TurnRequest, outcome: TurnOutcome) -> str | None:
        early = outcome.reply.stopped == DECIDED
        return self._keys.stopped_turn(request) if early else self._keys.turn(request)

    def _look_up(self, key: str | None, kind: type[Value]) -> Value | None:
        payload = self._store.get(key) if key else None
        try:
            return None if payload is None else load_value(kind, payload)
        except ValueError:
            return None

    def _keep(self, key: str | None, value: TurnOutcome | ModelFacts) -> None:
        if key:
            self._store.put(key, dump_value(value))
