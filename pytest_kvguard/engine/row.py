"""One reply in the making, as it is decoded beside others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kvguard_policies.compact import CompactCache
from pytest_kvguard.engine.hold import BudgetHolder
from pytest_kvguard.engine.logit_trace import LogitTrace
from pytest_kvguard.engine.sampling import Sampling
from pytest_kvguard.values.results import DECIDED

__all__ = ["FEED_STEP", "Row"]

FEED_STEP = 4
"""Tokens fed at once are padded to a multiple of this."""

CAPACITY_STEP = 64
"""Room for a row's tokens is rounded up to a multiple of this."""


@dataclass
class Row:
    """One reply in the making.

    Attributes:
        cache: the context's rows.
        fed: tokens still to be fed before the first one is generated, at least one.
        max_new_tokens: cap on the reply.
        holder: evicts while generating, in scope *decode*.
        sampling: how tokens are drawn; None takes the most likely one.
        trace: notes the highest logits; None where they are not wanted.
        is_decided: whether the ids so far are all that is wanted; None where the whole reply is.
        generated: ids so far, stop token included.
        stopped: ``stop``, ``length`` or ``DECIDED``; empty while generating.
        seconds: its share of the time of all calls so far.
        read: how many of ``fed`` and ``generated`` the model has read.
    """

    cache: CompactCache
    fed: tuple[int, ...]
    max_new_tokens: int
    holder: BudgetHolder | None = None
    sampling: Sampling | None = None
    trace: LogitTrace | None = None
    is_decided: Callable[[Sequence[int]], bool] | None = None
    generated: list[int] = field(default_factory=list)
    stopped: str = ""
    read: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self._first_holder = self.holder.copy() if self.holder else None

    def restart(self) -> None:
        """Forget the reply, unless it is at its end."""
        if self.stopped:
            return
        self.generated, self.read = [], 0
        self.holder = self._first_holder.copy() if self._first_holder else None
        self.trace = LogitTrace(self.trace.most) if self.trace else None

    @property
    def next_token(self) -> int:
        """The token that the model reads next."""
        return self.fed[self.read] if self.read < len(self.fed) else self.generated[self.read - len(self.fed)]

    @property
    def next_position(self) -> int:
        """True position of the token that the model reads next."""
        return self.cache.seen_tokens + self.read

    @property
    def answers(self) -> bool:
        """Whether what the model says to the next token is a token of the reply."""
        return self.read == len(self.fed) + len(self.generated) - 1

    @property
    def bulk(self) -> int:
        """How many tokens are fed at once before the reply begins; a held budget evicts after every single one."""
        return 0 if self.holder else len(self.fed) - 1

    @property
    def bulk_width(self) -> int:
        """``bulk``, padded."""
        return -(-self.bulk // FEED_STEP) * FEED_STEP

    @property
    def capacity(self) -> int:
        """Room that the fullest head needs, in tokens; depends on nothing but this row."""
        longest = max(max(layer.counts) for layer in self.cache.layers)
        needed = longest + max(self.bulk_width, len(self.fed) + self.max_new_tokens)
        return -(-needed // CAPACITY_STEP) * CAPACITY_STEP

    def accept(self, token: int, stop_ids: frozenset[int]) -> None:
        """Take the next token."""
        self.generated.append(token)
        if self.trace:
            self.trace.commit()
        if token in stop_ids:
            self.stopped = "stop"
        elif len(self.generated) >= self.max_new_tokens:
            self.stopped = "length"
        elif self.is_decided and self.is_decided(self.generated):
            self.stopped = DECIDED
