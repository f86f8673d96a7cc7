"""Requests to route: drawn as a Poisson stream, or read from a trace."""

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

LONGER = 1.5
PREFIX = "reply_tokens:"
"""In a trace, begins the name of the column with the lengths of one kind of server."""


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        arrival: seconds since the start.
        prompt_tokens: of its context.
        reply_tokens: by kind of server, what it will generate there.
        expected_tokens: by kind of server, what a length predictor says.
    """

    arrival: float
    prompt_tokens: int
    reply_tokens: Mapping[str, int]
    expected_tokens: Mapping[str, float]


@dataclass(frozen=True)
class Workload:
    """What requests look like: lengths are log-normal, cut to a range.

    Attributes:
        rate: requests per second.
        count: how many are drawn.
        prompt, reply: median tokens and the standard deviation of their logarithm.
        most_prompt, most_reply: the longest ones, in tokens.
        longer_share: share of replies that become 1.5 times as long or longer on a server that compresses. As many
            become that much shorter: the logarithm of a length scatters symmetrically.
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
    """Return the standard deviation of the logarithm of a length's change at which so many grow by half or more."""
    if not 0 <= longer_share < 0.5:
        raise UsageError(f"A share of {longer_share:g} of replies cannot become longer while as many become shorter.")
    return log(LONGER) / NormalDist().inv_cdf(1 - longer_share) if longer_share else 0.0


def draw_requests(workload: Workload, kinds: Sequence[str], uncompressed: str) -> list[Request]:
    """Return a Poisson stream, by arrival.

    Args:
        workload: what it is like.
        kinds: of servers; each compressed kind has lengths of its own.
        uncompressed: the kind whose lengths are the others' middle.
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
    made = []
    for arrival, prompt, reply in zip(arrivals, prompts, replies, strict=True):
        changes = {kind: 0.0 if kind == uncompressed else spread * generator.standard_normal() for kind in kinds}
        lengths = {
            kind: max(1, round(min(reply * exp(change), workload.most_reply))) for kind, change in changes.items()
        }
        expected = {kind: tokens * exp(error * generator.standard_normal()) for kind, tokens in lengths.items()}
        made.append(Request(float(arrival), round(float(prompt)), lengths, expected))
    return made


def read_trace(path: Path, kinds: Sequence[str]) -> list[Request]:
    """Return the requests of a CSV or JSON lines file, by arrival.

    Columns: ``arrival`` (seconds), ``prompt_tokens``, ``reply_tokens``, and ``reply_tokens:KIND`` for each kind of
    server on which it is known to differ. What happened is taken for what was expected.

    Raises:
        UsageError: the file cannot be read, or a column is missing or no number.
    """
    made = []
    for line, row in read_rows(path):
        arrival, prompt = (_number(path, line, row, name) for name in ("arrival", "prompt_tokens"))
        lengths = {
            kind: max(1, round(_number(path, line, row, name if row.get(name := PREFIX + kind) else "reply_tokens")))
            for kind in kinds
        }
        made.append(Request(arrival, max(1, round(prompt)), lengths, {k: float(v) for k, v in lengths.items()}))
    if not made:
        raise UsageError(f"{path} holds no request. Write one per line: arrival, prompt_tokens, reply_tokens.")
    return sorted(made, key=lambda request: request.arrival)


def _number(path: Path, line: int, row: Mapping[str, object], name: str) -> float:
    try:
        value = float(str(row[name]))
    except (KeyError, ValueError):
        found = f"{name} is {row[name]!r}" if row.get(name) else f"there is no {name}"
        raise UsageError(f"{path}:{line}: {found}. Columns: arrival, prompt_tokens, reply_tokens.") from None
    if not 0 <= value < float("inf"):
        raise UsageError(f"{path}:{line}: {name} is {value:g}. Write a number of 0 or more.")
    return value
