"""The protocol of backends: requests for turns, and their outcomes."""

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
    """A request for one reply.

    Attributes:
        contract: the contract whose system prompt is sent.
        order: instruction ids in the order of the prompt.
        turns: user turns so far; the reply answers the last one.
        replies: the replies to the earlier turns.
        cell: the policy, ratio and kernel, or the server, that answers.
        scope: ``context``, ``prompt`` or ``decode``.
        seed: for sampling the reply, where ``contract.generate`` has a temperature; None decodes greedily.
        null_change: the harmless change of the null arm, one of the backend's ``null_changes``; empty for none.
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
        """The fraction of cache entries to remove, e.g. ``0.5``."""
        return written_ratio(self.cell.ratio)

    @property
    def kernel(self) -> str:
        """The attention implementation."""
        return self.cell.kernel


@dataclass(frozen=True)
class TurnOutcome:
    """One reply and the effect of compression on its context; ``notes`` are remarks for the reader of a report."""

    reply: Reply
    cache: CacheReport | None = None
    keep_rates: Mapping[str, KeepRate] = field(default_factory=dict)
    kept: KeptPositions = ()
    prompt: PromptTokens | None = None
    trace: TurnTrace | None = None
    seconds: StageSeconds | None = None
    notes: tuple[str, ...] = ()


OnOutcome = Callable[[int, TurnOutcome], None]
"""Called with the index of a request and its outcome as soon as it is known."""


class Backend(Protocol):
    """Runs conversation turns.

    Two attributes are optional. ``null_changes`` lists the values of ``TurnRequest.null_change`` that the backend can
    run, the preferred one first; a backend without it has no null arm. ``environment`` maps names to the versions and
    hardware on which replies depend; goldens record it.
    """

    @property
    def title(self) -> str:
        """One line for report headers that says what runs."""

    def run_turns(
        self, requests: Sequence[TurnRequest], progress: Progress | None = None
    ) -> list[TurnOutcome | Exception]:
        """Return an outcome or an error per request, in order."""
