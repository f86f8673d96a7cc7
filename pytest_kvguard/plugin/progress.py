"""The progress line that a terminal shows while models run; hidden on pipes, in workers and with -q."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from _pytest.pathlib import bestrelpath

from pytest_kvguard.plugin.workers.ending import is_worker

__all__ = ["ProgressLine"]


SECONDS_BETWEEN_LINES = 0.1


@dataclass
class Stage:
    """A stage of the work, such as decoding.

    Attributes:
        label: its name.
        total: its number of steps.
        first: the steps that were done when it began.
        begun: its start, in seconds of the monotonic clock.
        shown: when its line was last written, on the same clock.
    """

    label: str
    total: int
    first: int
    begun: float = field(default_factory=time.monotonic)
    shown: float = 0.0

    def line(self, done: int) -> str:
        """Return the line: the share of steps done, and the time left at the current pace."""
        share = f"kvguard {self.label}: {done / self.total if self.total else 1:4.0%} ({done}/{self.total})"
        if done <= self.first or done >= self.total:
            return share
        seconds = (time.monotonic() - self.begun) / (done - self.first) * (self.total - done)
        return f"{share}, {timedelta(seconds=round(seconds))} left"


class ProgressLine:
    """Shows a line that is overwritten and finally removed, bypassing pytest's output capture."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self._stage: Stage | None = None
        self._left: Any = None

    @property
    def reporter(self) -> Any:
        """The terminal reporter of pytest; None in workers, and until pytest registers it."""
        return self.config.pluginmanager.getplugin("terminalreporter")

    @property
    def visible(self) -> bool:
        """Whether output goes to a terminal and -q was not given."""
        return bool(self.reporter and self.reporter.isatty and self.config.get_verbosity() >= 0)

    def announce(self, text: str) -> None:
        """Write a permanent line, also on pipes; workers, which have no terminal, write nothing."""
        if self.reporter is None or self.config.get_verbosity() < 0 or is_worker(self.config):
            return
        with self._uncaptured():
            self.reporter.ensure_newline()
            self.reporter.write_line(f"kvguard: {text}")

    def __call__(self, label: str, done: int, total: int) -> None:
        """Show the progress of a stage. The signature is that of the engine's progress callbacks."""
        if not self.visible:
            return
        stage, now = self._stage, time.monotonic()
        if stage is not None and (stage.label, stage.total) == (label, total):
            if now - stage.shown < SECONDS_BETWEEN_LINES:
                return
        else:
            stage = self._stage = Stage(label, total, done)
        stage.shown = now
        with self._uncaptured():
            self._left = self._left or self._leave_line()
            self._overwrite(stage.line(done))

    def close(self) -> None:
        """Remove the line and restore pytest's own line."""
        if self._stage is None:
            return
        left, self._left, self._stage = self._left, None, None
        with self._uncaptured():
            self._overwrite("")
            self.reporter.write_raw("\r", flush=True)
            if isinstance(left, Path):
                self.reporter._tw.write(f"{bestrelpath(self.reporter.startpath, left)} ", flush=True)
            elif isinstance(left, str):
                self.reporter._tw.write(left, flush=True)
        self.reporter.currentfspath = left

    def _overwrite(self, text: str) -> None:
        # Raw, so that pytest does not count this text when it aligns its own line.
        width = self.reporter._tw.fullwidth - 1
        self.reporter.write_raw(f"\r{text[:width]:{width}}", flush=True)

    def _leave_line(self) -> Any:
        """Start a new line, and return the file or text that pytest's own line began with."""
        left = self.reporter.currentfspath
        self.reporter.ensure_newline()
        return left

    @contextmanager
    def _uncaptured(self) -> Iterator[None]:
        capture: Any = self.config.pluginmanager.getplugin("capturemanager")
        if capture is None:
            yield
            return
        with capture.global_and_fixture_disabled():
            yield
