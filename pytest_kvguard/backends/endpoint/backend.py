"""The backend that runs conversation turns on servers: one without compression, each of the others with it."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing

from pytest_kvguard.backends.endpoint.chat_server import ChatServer
from pytest_kvguard.backends.endpoint.identity import differences
from pytest_kvguard.backends.endpoint.queues import ask_in_queues
from pytest_kvguard.backends.protocol import Progress, TurnOutcome, TurnRequest
from pytest_kvguard.errors import EndpointError

__all__ = ["Endpoints"]

AT_ONCE_IN_NULL_ARM = 4
UNSEEN = "not measured at servers: kept entries and bytes, since a server does not tell what its cache holds"


class Endpoints:
    """See ``Backend``.

    Args:
        baseline: the server without compression.
        arms: the servers with compression, by the name in their cell.
        control: a server without compression that differs harmlessly, e.g. by another attention kernel; None lets the
            baseline answer several conversations at once and reuse prefixes, which changes its numbers, too.
        at_once: number of concurrent requests to each server; with more than one, replies at temperature 0 may not
            repeat exactly.
        title: for report headers; None gives the address of the baseline.
        expects_other_builds: whether the servers may be of other builds, or run other models, than the baseline.
        caches: by the name of an arm, the cache type with which its server was started.
    """

    def __init__(
        self,
        baseline: ChatServer,
        arms: Mapping[str, ChatServer],
        control: ChatServer | None = None,
        at_once: int = 1,
        title: str | None = None,
        expects_other_builds: bool = False,
        caches: Mapping[str, str] | None = None,
    ) -> None:
        self.baseline = baseline
        self.arms = dict(arms)
        self.control = control
        self.at_once = at_once
        self.title = title or f"server at {baseline.address.place}"
        self.expects_other_builds = expects_other_builds
        self.caches = dict(caches or {})

    @property
    def null_changes(self) -> tuple[str, ...]:
        """See ``Backend``."""
        return ("server", "crowd") if self.control is not None else ("crowd",)

    @property
    def environment(self) -> dict[str, str]:
        """See ``Backend``; with what the servers say they are, as far as they tell."""
        told = dict.fromkeys(str(server.identity) for server in (self.baseline, *self.arms.values()))
        build = "; ".join(filter(None, told))
        return {"server": self.title, "model": self.baseline.model, **({"build": build} if build else {})}

    def run_turns(
        self, requests: Sequence[TurnRequest], progress: Progress | None = None
    ) -> list[TurnOutcome | Exception]:
        """See ``Backend.run_turns``."""
        crowd = [request for request in requests if request.null_change == "crowd"]
        alone = [request for request in requests if request.null_change != "crowd"]
        done: dict[int, TurnOutcome | Exception] = {}
        for members, at_once in ((alone, self.at_once), (crowd, max(self.at_once, AT_ONCE_IN_NULL_ARM))):
            with closing(self._run(members, at_once)) as answers:
                for request, outcome in answers:
                    done[id(request)] = outcome
                    if progress is not None:
                        progress("asking servers", len(done), len(requests))
        return [done[id(request)] for request in requests]

    def _run(
        self, requests: Sequence[TurnRequest], at_once: int
    ) -> Generator[tuple[TurnRequest, TurnOutcome | Exception], None, None]:
        """Yield requests with their outcomes as they come; servers of one address share a queue."""
        queues: dict[str, list[TurnRequest]] = {}
        for request in requests:
            queues.setdefault(self._server(request).address.base, []).append(request)
        return ask_in_queues(queues, self._run_turn, at_once)

    def _run_turn(self, request: TurnRequest) -> TurnOutcome | Exception:
        try:
            server = self._server(request)
            if server in self.arms.values():
                self._require_comparable(request.cell.server, server)
            reply = server.ask(
                _messages(request),
                request.contract.generate.max_new_tokens,
                _sampling(request),
                cached=request.null_change == "crowd",
            )
            notes = server.notes if request.cell.is_uncompressed else (UNSEEN, *server.notes)
            return TurnOutcome(reply, notes=notes)
        except Exception as error:  # whatever a server makes of one conversation, the others go on
            return error

    def _require_comparable(self, name: str, server: ChatServer) -> None:
        """Raise ``EndpointError`` if an arm differs from the baseline in more than compression, or not in it."""
        server.traits, self.baseline.traits  # noqa: B018 - a server that does not answer at all is told first
        identity, baseline = server.identity, self.baseline.identity
        found = [] if self.expects_other_builds else list(differences(baseline, identity))
        asked = self.caches.get(name)
        if asked and identity.cache and identity.cache == baseline.cache:
            found.append(f"it was started with cache type {asked} and says that it has {identity.cache}")
        if found:
            raise EndpointError(
                f"the server {name} at {server.address.place} is not comparable: {'; '.join(found)}. Start both arms "
                "from one build and model, or add -o kv_expect=builds if this is meant."
            )

    def _server(self, request: TurnRequest) -> ChatServer:
        if request.null_change == "server" and self.control is not None:
            return self.control
        return self.baseline if request.cell.is_uncompressed else self.arms[request.cell.server]


def _messages(request: TurnRequest) -> list[dict[str, str]]:
    system = request.contract.system_text(request.order)
    messages = [{"role": "system", "content": system}] if system else []
    for number, turn in enumerate(request.turns):
        messages.append({"role": "user", "content": turn})
        if number < len(request.replies):
            messages.append({"role": "assistant", "content": request.replies[number]})
    return messages


def _sampling(request: TurnRequest) -> dict[str, float] | None:
    generate = request.contract.generate
    if request.seed is None or generate.temperature is None:
        return None
    return {"temperature": generate.temperature, "top_p": generate.top_p, "seed": request.seed}
