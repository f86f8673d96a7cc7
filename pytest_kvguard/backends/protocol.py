"""What every backend is asked and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pytest_kvguard.contract.model import Contract
from pytest_kvguard.values.cell import Cell, written_ratio
from pytest_kvguard.values.results import CacheReport, KeepRate, KeptPositions, Progress, PromptTokens, Reply
from pytest_kvguard.values.traces import StageSeconds, TurnTrace

__all__ = ["Backend", "OnOutcome", "Progress", "TurnOutcome", "TurnRequest"]


@dataclass(frozen=True)
class TurnRequest:
    """One reply wanted.

    Attributes:
        contract: whose system prompt is sent.
        order: instruction ids in the order wanted.
        turns: user turns so far; the last one is to be answered.
        replies: the replies to the turns before.
        cell: the setting it runs under.
        scope: ``context``, ``prompt`` or ``decode``.
        seed: of the reply to draw, when ``contract.generate`` has a temperature; None decodes greedily.
        null_change: the harmless change to run under, one of the backend's ``null_changes``; empty for none.
    """

    contract: Contract
    order: tuple[str, ...]
    turns: tuple[str, ...]
    replies: tuple[str, ...]
    cell: Cell
    scope: str
    seed: int | None = None
    null_change: str = ""

    @property
    def policy(self) -> str:
        """The policy's spec, the server's name, or ``none``."""
        return self.cell.policy_name

    @property
    def ratio(self) -> str:
        """Fraction of the cache entries to remove, e.g. ``0.5``."""
        return written_ratio(self.cell.ratio)

    @property
    def kernel(self) -> str:
        """The attention implementation."""
        return self.cell.kernel


@dataclass(frozen=True)
class TurnOutcome:
    """One reply and what compression did to its context; ``notes`` are what the reader must know of the run."""

    reply: Reply
    cache: CacheReport | None = None
    keep_rates: Mapping[str, KeepRate] = field(default_factory=dict)
    kept: KeptPositions = ()
    prompt: PromptTokens | None = None
    trace: TurnTrace | None = None
    seconds: StageSeconds | None = None
    notes: tuple[str, ...] = ()


OnOutcome = Callable[[int, TurnOutcome], None]
"""Called with the number of a request and its outcome, as soon as there is one."""


class Backend(Protocol):
    """Runs conversation turns.

    One that can run the null arm has ``null_changes`` beside what is here: the names it takes in
    ``TurnRequest.null_change``, the one to prefer first. One whose replies depend on versions or hardware has
    ``environment``: name → value, which goldens keep.
    """

    @property
    def title(self) -> str:
        """One line that says what is run, for report headers."""

    def run_turns(
        self, requests: Sequence[TurnRequest], progress: Progress | None = None
    ) -> list[TurnOutcome | Exception]:
        """Return an outcome or the error that kept it from being made, one per request, in order."""
