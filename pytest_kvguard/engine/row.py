"""One sequence of a batch: a reply that is being decoded."""

from __future__ import annotations

from dataclasses import dataclass, field

from kvguard_policies.compact import CompactCache
from pytest_kvguard.engine.hold import BudgetHolder
from pytest_kvguard.engine.logit_trace import LogitTrace, SeenLogits
from pytest_kvguard.engine.sampling import NO_TOKEN, Sampling

__all__ = ["FEED_STEP", "NOT_FINITE", "Row"]

FEED_STEP = 4
"""The number of tokens fed in one call is padded to a multiple of this."""

NOT_FINITE = "not finite"
"""How a reply stopped of which no further token can be chosen, because the logits are NaN or infinite."""

CAPACITY_STEP = 64
"""The capacity of a row is rounded up to a multiple of this."""


@dataclass
class Row:
    """One reply that is being decoded.

    Attributes:
        cache: the compressed context.
        fed: the tokens that are fed before the first one is generated, at least one.
        max_new_tokens: the largest number of tokens in the reply.
        holder: evicts entries while generating, in scope *decode*.
        sampling: how tokens are drawn; None takes the most likely one.
        trace: records the highest logits; None records none.
        generated: the ids generated so far, stop token included.
        stopped: ``stop``, ``length`` or ``NOT_FINITE``; empty while generating.
        seconds: the row's share of the time of all calls so far.
        read: the number of tokens of ``fed`` and of the reply that the model has read, those included that the host
            has not.
        timed: whether ``seconds`` is measured.
    """

    cache: CompactCache
    fed: tuple[int, ...]
    max_new_tokens: int
    holder: BudgetHolder | None = None
    sampling: Sampling | None = None
    trace: LogitTrace | None = None
    generated: list[int] = field(default_factory=list)
    stopped: str = ""
    read: int = 0
    seconds: float = 0.0
    timed: bool = False

    def __post_init__(self) -> None:
        self._first_holder = self.holder.copy() if self.holder else None

    def restart(self) -> None:
        """Discard the reply so far, unless it has ended."""
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
        """Whether the model's output for the next token is a token of the reply."""
        return self.read >= len(self.fed) - 1

    @property
    def is_complete(self) -> bool:
        """Whether the model has computed as many tokens as the reply may have."""
        return self.read - len(self.fed) + 1 >= self.max_new_tokens

    @property
    def bulk(self) -> int:
        """The number of tokens fed in one call before the first step; 0 where each has to be a step of its own.

        That is so under a budget held after every token, and for recurrent states that a longer call would forget.
        """
        return 0 if self.holder or self.cache.states.one_by_one else len(self.fed) - 1

    @property
    def bulk_width(self) -> int:
        """``bulk``, padded to a multiple of ``FEED_STEP``; not padded if recurrent states would read the padding."""
        return self.bulk if self.cache.states else -(-self.bulk // FEED_STEP) * FEED_STEP

    @property
    def capacity(self) -> int:
        """The tokens to reserve for the fullest head, which depend on nothing but this row."""
        longest = max(max(layer.counts, default=0) for layer in self.cache.layers)
        needed = longest + max(self.bulk_width, len(self.fed) + self.max_new_tokens)
        return -(-needed // CAPACITY_STEP) * CAPACITY_STEP

    def accept(self, token: int, stop_ids: frozenset[int], seen: SeenLogits | None = None) -> None:
        """Append the next token to the reply, with its highest logits if they are traced; ``NO_TOKEN`` ends it."""
        if token == NO_TOKEN:
            self.stopped = NOT_FINITE
            return
        self.generated.append(token)
        if self.trace and seen:
            self.trace.add(seen)
        if token in stop_ids:
            self.stopped = "stop"
        elif len(self.generated) >= self.max_new_tokens:
            self.stopped = "length"
