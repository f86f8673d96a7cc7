"""Which servers answer, by option, environment or ini file."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from pytest_kvguard.external.http_exchange import is_http, without_password

__all__ = ["ENDPOINT_VALUES", "EndpointOptions", "read_number"]

DEFAULT_NAME = "endpoint"
MODEL, TIMEOUT, RETRIES, RATE, AT_ONCE = (
    f"kv_endpoint_{name}" for name in ("model", "timeout", "retries", "rate", "concurrency")
)
KEYS = {"kv_endpoint": "KVGUARD_ENDPOINT_KEY", "kv_baseline_endpoint": "KVGUARD_BASELINE_ENDPOINT_KEY"}
"""The environment variables that hold keys; no option does, for command lines are logged."""
_NAMED = re.compile(r"\A([\w.-]+)=(.+)\Z", re.DOTALL)

ENDPOINT_VALUES = (
    (("--kv-endpoint",), "kv_endpoint", "", "[NAME=]URL", "OpenAI-compatible server with a compressed cache"),
    (("--kv-baseline-endpoint",), "kv_baseline_endpoint", "", "URL", "the same server with an uncompressed cache"),
    (("--kv-null-endpoint",), "kv_null_endpoint", "", "URL", "an uncompressed one that differs harmlessly"),
    (("--kv-endpoint-model",), MODEL, "", "NAME", "the model's name there (default: the first that each lists)"),
    (("--kv-endpoint-timeout",), TIMEOUT, "120", "SECONDS", "how long one answer of a server may take"),
    (("--kv-endpoint-retries",), RETRIES, "3", "N", "how often a request that failed in passing is sent again"),
    (("--kv-endpoint-rate",), RATE, "0", "R", "the most requests a second to each server; 0: no limit"),
    (
        ("--kv-endpoint-concurrency",),
        AT_ONCE,
        "1",
        "N",
        "requests under way at each server; 1 lets replies repeat exactly",
    ),
)
"""Option strings, ini name, default, metavar, help."""


@dataclass(frozen=True)
class EndpointOptions:
    """Which servers answer; without a baseline none do, and the model runs in this process.

    Attributes:
        baseline: URL of the uncompressed arm.
        arms: (name, URL) of every compressed arm.
        null: URL of an uncompressed server that differs harmlessly; empty = none.
        model: the model's name at all of them; empty = the first that each lists.
        timeout_seconds, retries, per_second, at_once: see ``Patience``.
        key, baseline_key: what is sent to the arms, and to the baseline and the null server.
    """

    baseline: str = ""
    arms: tuple[tuple[str, str], ...] = ()
    null: str = ""
    model: str = ""
    timeout_seconds: float = 120.0
    retries: int = 3
    per_second: float = 0.0
    at_once: int = 1
    key: str = field(default="", repr=False)
    baseline_key: str = field(default="", repr=False)

    @property
    def is_on(self) -> bool:
        """Whether servers answer."""
        return bool(self.baseline)

    @classmethod
    def read(cls, value_of: Callable[[str], str], all_of: Callable[[str], list[str]]) -> EndpointOptions:
        """Return the options.

        Args:
            value_of: ini name → the typed or the ini value.
            all_of: ini name → every value given.

        Raises:
            pytest.UsageError: no URL, an arm without a baseline, two arms of one name, or a number out of range.
        """
        arms = [_named(text) for text in all_of("kv_endpoint")]
        made = cls(
            baseline=value_of("kv_baseline_endpoint"),
            arms=tuple(arms),
            null=value_of("kv_null_endpoint"),
            model=value_of(MODEL),
            timeout_seconds=read_number(value_of, TIMEOUT, 0.001),
            retries=int(read_number(value_of, RETRIES, 0)),
            per_second=read_number(value_of, RATE, 0),
            at_once=int(read_number(value_of, AT_ONCE, 1)),
            key=os.environ.get(KEYS["kv_endpoint"], ""),
            baseline_key=os.environ.get(KEYS["kv_baseline_endpoint"], ""),
        )
        made._check()
        return made

    def _check(self) -> None:
        if (self.arms or self.null) and not self.baseline:
            raise pytest.UsageError(
                "A server has nothing to be compared with. Name the same one with an uncompressed cache: "
                "--kv-baseline-endpoint=URL."
            )
        names = [name for name, _ in self.arms]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise pytest.UsageError(f"Two servers are called {twice}. Name them apart: --kv-endpoint=NAME=URL.")
        for option, url in (("endpoint", url) for _, url in self.arms):
            _check_url(option, url)
        for option, url in (("baseline-endpoint", self.baseline), ("null-endpoint", self.null)):
            if url:
                _check_url(option, url)

    def rerun_words(self, policy: str) -> tuple[str, ...]:
        """Return the options that run a cell again, or several between commas."""
        if not self.is_on:
            return ()
        arms = [f"--kv-endpoint={name}={without_password(url)}" for name, url in self.arms if name in policy.split(",")]
        named = {"baseline-endpoint": self.baseline, "null-endpoint": self.null}
        words = [f"--kv-{name}={without_password(url)}" for name, url in named.items() if url]
        return (*arms, *words, *([f"--kv-endpoint-model={self.model}"] if self.model else []))


def _named(text: str) -> tuple[str, str]:
    found = _NAMED.match(text)
    return (found.group(1), found.group(2)) if found else (DEFAULT_NAME, text)


def _check_url(option: str, url: str) -> None:
    if not is_http(url):
        raise pytest.UsageError(
            f"--kv-{option}={without_password(url)} is not an http or https URL. Write one such as "
            "http://localhost:8080/v1."
        )


def read_number(value_of: Callable[[str], str], name: str, least: float) -> float:
    """Return an option's number.

    Args:
        value_of: ini name → the typed or the ini value.
        name: its ini name.
        least: the smallest number allowed.

    Raises:
        pytest.UsageError: it is none, or too small.
    """
    text = value_of(name)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value < math.inf:
        raise pytest.UsageError(f"--{name.replace('_', '-')}={text} is not a number of {least:g} or more.")
    return value
