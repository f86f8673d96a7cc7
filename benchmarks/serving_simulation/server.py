"""A simulated server: continuous batching, timed by a roofline."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import inf

from benchmarks.serving_simulation.request_stream import Request
from pytest_kvguard.serving_cost.throughput import Roofline

__all__ = ["ActiveRequest", "Server", "ServerKind"]


@dataclass(frozen=True)
class ServerKind:
    """A kind of server.

    Attributes:
        name: the compression method, e.g. ``kivi``.
        prefill, decode: rooflines of the two stages.
        max_rows: the largest batch.
        bytes_per_entry: bytes of a cache entry relative to an uncompressed one, 0..1.
    """

    name: str
    prefill: Roofline
    decode: Roofline
    max_rows: int = 16
    bytes_per_entry: float = 1.0

    def prefill_seconds(self, request: Request) -> float:
        """Return the seconds to prefill a request's context."""
        return self.prefill.seconds(1, request.prompt_tokens)

    def step_seconds(self, contexts: list[float]) -> float:
        """Return the seconds of a decoding step for a batch of these contexts."""
        a, b, c = self.decode.terms
        return a + b * len(contexts) + c * sum(min(tokens, self.decode.budget) for tokens in contexts)

    def entries(self, tokens: float) -> float:
        """Return the cache of a context in units of uncompressed tokens."""
        return min(tokens, self.decode.budget) * self.bytes_per_entry


@dataclass
class ActiveRequest:
    """A request that a server is decoding.

    Attributes:
        request: the request.
        total: tokens that it will generate on this server.
        generated: tokens generated so far.
    """

    request: Request
    total: int
    generated: float = 0.0

    @property
    def context(self) -> float:
        """The tokens that it attends to now."""
        return self.request.prompt_tokens + self.generated


@dataclass
class Server:
    """A server at one time of the simulation.

    A prefill interrupts decoding on the server; the step time is constant between events.

    Attributes:
        kind: the kind of the server.
        now: the time up to which it was simulated, in seconds.
        active: the batch of requests it decodes.
        waiting: requests it has not prefilled yet, first come, first served.
        finished: finished requests with the time of their last token.
    """

    kind: ServerKind
    now: float = 0.0
    active: list[ActiveRequest] = field(default_factory=list)
    waiting: deque[Request] = field(default_factory=deque)
    finished: list[tuple[Request, float]] = field(default_factory=list)

    def accept(self, request: Request) -> None:
        """Queue a request at its arrival."""
        self.run_until(request.arrival)
        self.waiting.append(request)

    def run_until(self, time: float) -> None:
        """Simulate up to a time; a prefill in progress may end after it."""
        while self.now < time:
            if self.waiting and len(self.active) < self.kind.max_rows:
                self._prefill()
            elif self.active:
                self._decode(time)
            else:
                self.now = time if time < inf else self.now
                return

    def _prefill(self) -> None:
        request = self.waiting.popleft()
        self.now += self.kind.prefill_seconds(request)
        self.active.append(ActiveRequest(request, request.reply_tokens[self.kind.name]))

    def _decode(self, time: float) -> None:
        """Decode until a reply ends or the time is reached, with contexts at the mean of their lengths on the way."""
        steps = min(row.total - row.generated for row in self.active)
        step = self.kind.step_seconds([row.context + steps / 2 for row in self.active])
        if self.now + steps * step > time:
            steps = (time - self.now) / step
        self.now = min(time, self.now + steps * step)
        for row in self.active:
            row.generated += steps
        for row in [row for row in self.active if row.total - row.generated < 1e-9]:
            self.finished.append((row.request, self.now))
            self.active.remove(row)
