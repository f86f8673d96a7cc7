"""One server as the simulation sees it: continuous batching, timed by a roofline."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import inf

from benchmarks.serving_simulation.request_stream import Request
from pytest_kvguard.serving_cost.throughput import Roofline

__all__ = ["Active", "Server", "ServerKind"]


@dataclass(frozen=True)
class ServerKind:
    """A way to serve.

    Attributes:
        name: the method, e.g. ``kivi``.
        prefill, decode: how long the stages take.
        most_rows: requests that are decoded side by side.
        bytes_per_entry: of a cached token, relative to the uncompressed one, 0..1.
    """

    name: str
    prefill: Roofline
    decode: Roofline
    most_rows: int = 16
    bytes_per_entry: float = 1.0

    def prefill_seconds(self, request: Request) -> float:
        """Return how long a request's context takes."""
        return self.prefill.seconds(1, request.prompt_tokens)

    def step_seconds(self, contexts: list[float]) -> float:
        """Return how long one token for each of these contexts takes."""
        a, b, c = self.decode.terms
        return a + b * len(contexts) + c * sum(min(tokens, self.decode.budget) for tokens in contexts)

    def entries(self, tokens: float) -> float:
        """Return the cached tokens of a context, in uncompressed ones."""
        return min(tokens, self.decode.budget) * self.bytes_per_entry


@dataclass
class Active:
    """A request that is being decoded.

    Attributes:
        request: which.
        done: tokens generated so far.
        total: tokens it will generate here.
    """

    request: Request
    total: int
    done: float = 0.0

    @property
    def context(self) -> float:
        """Tokens it attends to now."""
        return self.request.prompt_tokens + self.done


@dataclass
class Server:
    """A server of some kind at some time.

    A prefill stops decoding on the server until it is through; between events the step time is taken as constant.

    Attributes:
        kind: what it is.
        now: up to when it was simulated.
        active: what is decoded side by side.
        waiting: what has not been prefilled, first come, first served.
        finished: requests, with the time they were through.
    """

    kind: ServerKind
    now: float = 0.0
    active: list[Active] = field(default_factory=list)
    waiting: deque[Request] = field(default_factory=deque)
    finished: list[tuple[Request, float]] = field(default_factory=list)

    def accept(self, request: Request) -> None:
        """Take a request in, at its arrival."""
        self.run_until(request.arrival)
        self.waiting.append(request)

    def run_until(self, time: float) -> None:
        """Simulate up to a time; a prefill that has begun may end after it."""
        while self.now < time:
            if self.waiting and len(self.active) < self.kind.most_rows:
                self._prefill()
            elif self.active:
                self._decode(time)
            else:
                self.now = time if time < inf else self.now
                return

    def _prefill(self) -> None:
        request = self.waiting.popleft()
        self.now += self.kind.prefill_seconds(request)
        self.active.append(Active(request, request.reply_tokens[self.kind.name]))

    def _decode(self, time: float) -> None:
        """Decode until a reply ends, or the time is up; the context's growth on the way is taken at its middle."""
        steps = min(row.total - row.done for row in self.active)
        step = self.kind.step_seconds([row.context + steps / 2 for row in self.active])
        if self.now + steps * step > time:
            steps = (time - self.now) / step
        self.now = min(time, self.now + steps * step)
        for row in self.active:
            row.done += steps
        for row in [row for row in self.active if row.total - row.done < 1e-9]:
            self.finished.append((row.request, self.now))
            self.active.remove(row)
