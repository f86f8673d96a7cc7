"""The cost of recording: time and peak memory of a recorded prefill against a plain transformers one.

Run ``python -m benchmarks.recording_cost --help``. The plain prefill is the same model with a ``DynamicCache``, sdpa
and the logits of the last token only. Runs take turns in one process per context length, after a warm-up; a ratio of
times is the median over turns. Every peak is that of a fresh process that returns freed memory to the system at once.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from benchmarks.json_report import check_writable, write_json
from benchmarks.recording_trial import MODES, PLAIN
from benchmarks.timing_options import add_timing_options, check_counts
from pytest_kvguard.errors import KVGuardError, RunError, UsageError
from pytest_kvguard.models.options import DTYPES

__all__ = ["Cost", "format_table", "main", "parse_tokens", "summarize", "to_json"]

MIN_TOKENS = 128
RETURN_FREED_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}


@dataclass(frozen=True)
class Cost:
    """The cost of a mode at one context length.

    Attributes:
        tokens: length of the context.
        mode: the kind of recording, a key of ``MODES``.
        plain_seconds, seconds: medians.
        time_ratio: median over turns of recorded ÷ plain.
        cache_bytes: keys and values of the context.
        extra_bytes: peak above the plain prefill's peak; None if the system does not report peaks.
    """

    tokens: int
    mode: str
    plain_seconds: float
    seconds: float
    time_ratio: float
    cache_bytes: int
    extra_bytes: int | None

    @property
    def extra_caches(self) -> float | None:
        """The extra peak in units of the context's own cache."""
        return None if self.extra_bytes is None else self.extra_bytes / self.cache_bytes


def parse_tokens(text: str) -> tuple[int, ...]:
    """Return the context lengths of a comma-separated list.

    Raises:
        UsageError: a length is not a number, or below ``MIN_TOKENS``.
    """
    try:
        lengths = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise UsageError(f"--tokens={text} is not a list of numbers. Write e.g. --tokens=1024,2048.") from None
    if not lengths or min(lengths) < MIN_TOKENS:
        raise UsageError(f"--tokens={text}: give lengths of {MIN_TOKENS} or more, e.g. --tokens=1024,2048.")
    return lengths


def summarize(
    tokens: int, seconds: Mapping[str, Sequence[float]], memory: Mapping[str, Mapping[str, int | None]]
) -> list[Cost]:
    """Return the cost of each mode.

    Args:
        tokens: length of the context.
        seconds: mode → seconds of each turn.
        memory: mode → ``peak_bytes`` and ``cache_bytes``.
    """
    plain, base = seconds[PLAIN], memory[PLAIN]
    costs = []
    for mode in seconds:
        if mode == PLAIN:
            continue
        peak, plain_peak = memory[mode]["peak_bytes"], base["peak_bytes"]
        costs.append(
            Cost(
                tokens=tokens,
                mode=mode,
                plain_seconds=median(plain),
                seconds=median(seconds[mode]),
                time_ratio=median(own / other for own, other in zip(seconds[mode], plain, strict=True)),
                cache_bytes=base["cache_bytes"] or 0,
                extra_bytes=None if peak is None or plain_peak is None else peak - plain_peak,
            )
        )
    return costs


def to_json(options: argparse.Namespace, costs: Sequence[Cost]) -> dict[str, object]:
    """Return the report as plain values."""
    settings = {name: getattr(options, name) for name in ("model", "dtype", "threads", "clock", "repeats")}
    return {**settings, "rows": [{**asdict(cost), "extra_caches": cost.extra_caches} for cost in costs]}


def format_table(costs: Sequence[Cost]) -> str:
    """Return the report as text."""
    lines = ["tokens  mode           plain s  recorded s  time ×  cache MiB  extra MiB  extra ÷ cache"]
    for cost in costs:
        extra = "n/a" if cost.extra_bytes is None else f"{cost.extra_bytes / 2**20:.1f}"
        caches = "n/a" if cost.extra_caches is None else f"{cost.extra_caches:.2f}"
        time = f"{cost.plain_seconds:7.2f}  {cost.seconds:10.2f}  {cost.time_ratio:6.2f}"
        memory = f"{cost.cache_bytes / 2**20:9.1f}  {extra:>9}  {caches:>13}"
        lines.append(f"{cost.tokens:<6}  {cost.mode:<13}  {time}  {memory}")
    return "\n".join(lines)


def _measure(options: argparse.Namespace, tokens: int) -> list[Cost]:
    modes = [PLAIN, *MODES]
    seconds = _trial(options, tokens, modes, options.repeats)
    memory = {mode: _trial(options, tokens, [mode], 0) for mode in modes}
    return summarize(tokens, seconds, memory)


def _trial(options: argparse.Namespace, tokens: int, modes: Sequence[str], repeats: int) -> Any:
    """Run a trial in a fresh process and return its measurements."""
    settings = {name: getattr(options, name) for name in ("model", "dtype", "clock")}
    trial = {**settings, "tokens": tokens, "modes": modes, "repeats": repeats}
    environment = {**os.environ, "OMP_NUM_THREADS": str(options.threads)}
    if not repeats:
        environment |= RETURN_FREED_MEMORY
    command = [sys.executable, "-m", "benchmarks.recording_trial", json.dumps(trial)]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if process.returncode:
        last = (process.stderr.strip() or "no message on stderr").splitlines()[-1]
        raise RunError(f"The trial of {', '.join(modes)} at {tokens} tokens failed: {last} Try fewer --tokens.")
    return json.loads(process.stdout.splitlines()[-1])


def _check(options: argparse.Namespace) -> tuple[int, ...]:
    check_counts(options, ("repeats", "threads"))
    check_writable(options.json)
    return parse_tokens(options.tokens)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recording_cost", description=__doc__)
    parser.add_argument("--tokens", default="1024,2048,4096", help="context lengths (%(default)s)")
    parser.add_argument("--dtype", default="float32", choices=DTYPES, help="dtype of the weights (%(default)s)")
    add_timing_options(parser, model="smollm2")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        costs: list[Cost] = []
        for tokens in _check(options):
            costs += _measure(options, tokens)
        print(format_table(costs))
        write_json(options.json, to_json(options, costs))
    except KVGuardError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
