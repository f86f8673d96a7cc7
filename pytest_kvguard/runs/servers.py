"""The settings of HTTP endpoints: inference servers, servers to start, and judges."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from pytest_kvguard.backends.endpoint.address import RequestPolicy
from pytest_kvguard.backends.launch.table import ENGINES, load_engine
from pytest_kvguard.errors import UsageError, suggest
from pytest_kvguard.external.api_key import require_sendable
from pytest_kvguard.external.http_exchange import is_http, same_place, without_password
from pytest_kvguard.runs.expected import EQUAL, read_expected
from pytest_kvguard.runs.given import GivenOptions, shown
from pytest_kvguard.runs.options import option_named

__all__ = ["EndpointSettings", "JudgeSettings", "LaunchSettings", "named_arm"]

DEFAULT_NAME = "endpoint"
MOST, MOST_SECONDS = 1_000_000, 1_000_000
"""Limits of counts and times; sockets take no timeout of centuries."""

ENDPOINT_KEY, BASELINE_KEY, JUDGE_KEY = "KVGUARD_ENDPOINT_KEY", "KVGUARD_BASELINE_ENDPOINT_KEY", "KVGUARD_JUDGE_KEY"
"""The environment variables of API keys; there is no option for them, because command lines are logged."""
JUDGE_VARIABLES: Mapping[str, str] = {"kv_judge": "KVGUARD_JUDGE_URL", "kv_judge_model": "KVGUARD_JUDGE_MODEL"}

_NAMED = re.compile(r"\A([\w.-]+)=(.+)\Z", re.DOTALL)


@dataclass(frozen=True)
class EndpointSettings:
    """The inference servers of a run; without a baseline the model runs in this process.

    Attributes:
        baseline: URL of the uncompressed arm; empty for no servers.
        arms: (name, URL) of every compressed arm.
        control: URL of the control server: uncompressed, with a harmless difference; empty for none.
        model: the model's name on all servers; empty for the first model that each lists.
        requests: timeouts, retries, rate and concurrency of requests.
        key, baseline_key: API keys of the compressed arms, and of the baseline and the control server.
    """

    baseline: str
    arms: tuple[tuple[str, str], ...]
    control: str
    model: str
    requests: RequestPolicy
    key: str = field(default="", repr=False)
    baseline_key: str = field(default="", repr=False)

    @property
    def is_on(self) -> bool:
        """Whether servers answer."""
        return bool(self.baseline)

    @classmethod
    def read(cls, given: GivenOptions) -> EndpointSettings:
        """Return the settings.

        Raises:
            UsageError: a URL is malformed, an arm has no baseline, two arms share a name, a number is out of range, or
                no header can carry a key.
        """
        settings = cls(
            baseline=given.one("kv_baseline_endpoint"),
            arms=tuple(named_arm(word) for text in given.every("kv_endpoint") for word in text.split()),
            control=given.one("kv_null_endpoint"),
            model=given.one("kv_endpoint_model"),
            requests=RequestPolicy(
                timeout_seconds=given.number("kv_endpoint_timeout", 0.001, MOST_SECONDS),
                retries=int(given.number("kv_endpoint_retries", 0, MOST)),
                per_second=given.number("kv_endpoint_rate", 0),
                at_once=int(given.number("kv_endpoint_concurrency", 1, MOST)),
            ),
            key=os.environ.get(ENDPOINT_KEY, ""),
            baseline_key=os.environ.get(BASELINE_KEY, ""),
        )
        settings._check()
        if EQUAL not in read_expected(given):
            settings._require_places()
        return settings

    def _check(self) -> None:
        if (self.arms or self.control) and not self.baseline:
            raise UsageError(
                "A server has nothing to be compared with. Name the same one with an uncompressed cache: "
                "--kv-baseline-endpoint=URL."
            )
        names = [name for name, _ in self.arms]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise UsageError(f"Two servers are called {twice}. Name them apart: --kv-endpoint=NAME=URL.")
        urls = [("endpoint", url) for _, url in self.arms]
        urls += [("baseline-endpoint", self.baseline), ("null-endpoint", self.control)]
        for option, url in urls:
            _require_url(f"--kv-{option}", url)
        if self.is_on:
            require_sendable(self.key, ENDPOINT_KEY)
            require_sendable(self.baseline_key, BASELINE_KEY)

    def _require_places(self) -> None:
        """Raise ``UsageError`` if two arms have one address, so that what is compared is one server with itself."""
        arms = [("--kv-baseline-endpoint", self.baseline), ("--kv-null-endpoint", self.control)]
        arms += [(f"--kv-endpoint={name}", url) for name, url in self.arms]
        for (one, url), (other, other_url) in combinations(((arm, url) for arm, url in arms if url), 2):
            if same_place(url, other_url):
                raise UsageError(
                    f"{one} and {other} are one server, {without_password(url)}: it looks as if compression was off. "
                    "Name the server of each arm, or add -o kv_expect=equal if this is meant."
                )


def _require_url(option: str, url: str) -> None:
    if url and not is_http(url):
        raise UsageError(
            f"{option}={shown(without_password(url))} is not an http or https URL. Write one such as "
            "http://localhost:8080/v1."
        )


def named_arm(text: str) -> tuple[str, str]:
    """Return the name and the URL in ``[NAME=]URL``."""
    match = _NAMED.match(text)
    return (match.group(1), match.group(2)) if match else (DEFAULT_NAME, text)


@dataclass(frozen=True)
class LaunchSettings:
    """The servers to start; without an engine, none.

    Attributes:
        engine: one of ``ENGINES``, or empty.
        caches: the cache types of the compressed arms.
        python: the interpreter with the engine installed.
        start_seconds: the time limit for starting all servers.
    """

    engine: str
    caches: tuple[str, ...]
    python: str
    start_seconds: float

    @property
    def is_on(self) -> bool:
        """Whether servers are started."""
        return bool(self.engine)

    @property
    def baseline(self) -> str:
        """The cache type of the uncompressed arm; empty if no servers are started."""
        return load_engine(self.engine).BASELINE if self.engine else ""

    @classmethod
    def read(cls, given: GivenOptions) -> LaunchSettings:
        """Return the settings.

        Raises:
            UsageError: the engine is unknown, cache types are given without an engine, or the time limit is malformed.
        """
        engine, caches, python = map(given.one, ("kv_launch", "kv_server_cache", "kv_server_python"))
        if engine:
            given.require_known("kv_launch", engine, ENGINES)
        elif caches:
            raise UsageError("--kv-server-cache starts nothing by itself. Name an engine: --kv-launch=ENGINE.")
        texts = caches or (ENGINES[engine].compressed_cache if engine else "")
        types = dict.fromkeys(word.strip() for word in texts.split(",") if word.strip())
        _require_types(given, engine, types)
        seconds = given.number("kv_server_timeout", 0.001, MOST_SECONDS)
        return cls(engine, tuple(types), python or sys.executable, seconds)


def _require_types(given: GivenOptions, engine: str, types: Iterable[str]) -> None:
    """Raise ``UsageError`` for a cache type that the engine does not take, before anything is fetched or started."""
    if not engine:
        return
    module = load_engine(engine)
    known = (module.BASELINE, *module.CACHES)
    for name in types:
        if name not in known:
            raise UsageError(
                f"Unknown --kv-server-cache={shown(name)} of {engine}.{suggest(name, known)} "
                f"Allowed: {', '.join(known)}."
            )


@dataclass(frozen=True)
class JudgeSettings:
    """The endpoint that judge checks ask; empty URL for none. Only the environment holds its key."""

    url: str
    model: str
    timeout_seconds: float
    key: str = field(default="", repr=False)

    @classmethod
    def read(cls, given: GivenOptions) -> JudgeSettings:
        """Return the settings; a typed value wins over the environment, and that over the ini file.

        Raises:
            UsageError: the URL is malformed, the timeout is out of range, or no header can carry the key.
        """
        url, model = (
            given.one(name) if given.is_typed(name) else os.environ.get(variable) or given.one(name)
            for name, variable in JUDGE_VARIABLES.items()
        )
        _require_url(option_named("kv_judge").string, url)
        seconds = given.number("kv_judge_timeout", 0.001, MOST_SECONDS)
        key = os.environ.get(JUDGE_KEY, "")
        if url:
            require_sendable(key, JUDGE_KEY)
        return cls(url, model, seconds, key)
