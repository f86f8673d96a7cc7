"""Streams of requests: drawn as a Poisson process, or read from a trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from pathlib import Path
from statistics import NormalDist

import numpy as np

from pytest_kvguard.errors import UsageError
from pytest_kvguard.serving_cost.score_files import read_rows

__all__ = ["Request", "Workload", "draw_requests", "length_spread", "read_trace"]

LONGER_FACTOR = 1.5
COLUMN_PREFIX = "reply_tokens:"
"""In a trace, the start of the name of a column that holds the lengths on one kind of server."""


@dataclass(frozen=True)
class Request:
    """A request to route.

    Attributes:
        arrival: seconds since the start.
        prompt_tokens: tokens of its context.
        reply_tokens: kind of server → tokens that it will generate there.
        expected_tokens: kind of server → tokens that a length predictor expects there.
    """

    arrival: float
    prompt_tokens: int
    reply_tokens: Mapping[str, int]
    expected_tokens: Mapping[str, float]


@dataclass(frozen=True)
class Workload:
    """The distribution of requests: lengths are log-normal, cut to a range.

    Attributes:
        rate: requests per second.
        count: number of requests.
        prompt, reply: median tokens and the standard deviation of their logarithm.
        most_prompt, most_reply: greatest lengths, in tokens.
        longer_share: share of replies that become at least 1.5 times as long on a server that compresses. As many
            become that much shorter, because the logarithm of a length changes symmetrically.
        length_error: mean relative error of the length predictor, 0..1.
        seed: the same seed gives the same requests.
    """

    rate: float
    count: int = 400
    prompt: tuple[float, float] = (800.0, 0.8)
    reply: tuple[float, float] = (200.0, 0.7)
    most_prompt: int = 3500
    most_reply: int = 500
    longer_share: float = 0.2
    length_error: float = 0.15
    seed: int = 0


def length_spread(longer_share: float) -> float:
    """Return the standard deviation of the log of a length's change at which ``longer_share`` grow by half or more."""
    if not 0 <= longer_share < 0.5:
        raise UsageError(f"A share of {longer_share:g} of replies cannot become longer while as many become shorter.")
    return log(LONGER_FACTOR) / NormalDist().inv_cdf(1 - longer_share) if longer_share else 0.0


def draw_requests(workload: Workload, kinds: Sequence[str], uncompressed: str) -> list[Request]:
    """Return a Poisson stream of requests, by arrival.

    Args:
        workload: the distribution of the requests.
        kinds: kinds of servers; each compressed kind has lengths of its own.
        uncompressed: the kind whose lengths are the medians of the others.
    """
    generator = np.random.default_rng(workload.seed)
    arrivals = np.cumsum(generator.exponential(1 / workload.rate, workload.count))
    prompts, replies = (
        np.clip(median * np.exp(spread * generator.standard_normal(workload.count)), 16, most)
        for (median, spread), most in ((workload.prompt, workload.most_prompt), (workload.reply, workload.most_reply))
    )
    spread = length_spread(workload.longer_share)
    # The mean of |e^(s·z) - 1| is about s·√(2/π) where s is small.
    error = workload.length_error * np.sqrt(np.pi / 2)
    requests = []
    for arrival, prompt, reply in zip(arrivals, prompts, replies, strict=True):
        changes = {kind: 0.0 if kind == uncompressed else spread * generator.standard_normal() for kind in kinds}
        lengths = {
            kind: max(1, round(min(reply * exp(change), workload.most_reply))) for kind, change in changes.items()
        }
        expected = {kind: tokens * exp(error * generator.standard_normal()) for kind, tokens in lengths.items()}
        requests.append(Request(float(arrival), round(float(prompt)), lengths, expected))
    return requests


def read_trace(path: Path, kinds: Sequence[str]) -> list[Request]:
    """Return the requests of a CSV or JSON lines file, by arrival.

    Columns: ``arrival`` (seconds), ``prompt_tokens``, ``reply_tokens``, and ``reply_tokens:KIND`` for each kind of
    server on which it is known to differ. The recorded lengths stand for the expected ones, too.

    Raises:
        UsageError: the file cannot be read, a column is missing, or a value is not a number.
    """
    requests = []
    for line, row in read_rows(path):
        arrival, prompt = (_number(path, line, row, name) for name in ("arrival", "prompt_tokens"))
        lengths = {
            kind: max(
                1, round(_number(path, line, row, name if row.get(name := COLUMN_PREFIX + kind) else "reply_tokens"))
            )
            for kind in kinds
        }
        requests.append(Request(arrival, max(1, round(prompt)), lengths, {k: float(v) for k, v in lengths.items()}))
    if not requests:
        raise UsageError(f"{path} holds no request. Write one per line: arrival, prompt_tokens, reply_tokens.")
    return sorted(requests, key=lambda request: request.arrival)


def _number(path: Path, line: int, row: Mapping[str, object], name: str) -> float:
    try:
        value = float(str(row[name]))
    except (KeyError, ValueError):
        problem = f"{name} is {row[name]!r}" if row.get(name) else f"there is no {name}"
        raise UsageError(f"{path}:{line}: {problem}. Columns: arrival, prompt_tokens, reply_tokens.") from None
    if not 0 <= value < float("inf"):
        raise UsageError(f"{path}:{line}: {name} is {value:g}. Write a number of 0 or more.")
    return value
