"""A progress line while models run; nothing on pipes, in workers or with -q."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from _pytest.pathlib import bestrelpath

from pytest_kvguard.plugin.workers.ending import is_worker

__all__ = ["ProgressLine"]


class ProgressLine:
    """Shows one line that is overwritten and removed; past pytest's output capture."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self._bar: Any = None
        self._stage = ("", 0)
        self._left: Any = None

    @property
    def reporter(self) -> Any:
        """The screen, looked up late: pytest registers it after our session is made; None in workers."""
        return self.config.pluginmanager.getplugin("terminalreporter")

    @property
    def visible(self) -> bool:
        """Whether somebody is watching."""
        return bool(self.reporter and self.reporter.isatty and self.config.get_verbosity() >= 0)

    def announce(self, text: str) -> None:
        """Write a line that stays, also on pipes; not in workers, which have no terminal."""
        if self.reporter is None or self.config.get_verbosity() < 0 or is_worker(self.config):
            return
        with self._uncaptured():
            self.reporter.ensure_newline()
            self.reporter.write_line(f"kvguard: {text}")

    def __call__(self, label: str, done: int, total: int) -> None:
        """Show how far a stage is; the signature of the engine's progress callbacks."""
        if not self.visible:
            return
        from tqdm import tqdm

        with self._uncaptured():
            if self._bar is None or self._stage != (label, total):
                self._remove_bar()
                self._begin_line()
                self._stage = (label, total)
                self._bar = tqdm(total=total, initial=done, desc=f"kvguard {label}", leave=False, mininterval=0.1)
            self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Remove the line, and begin pytest's own line again where it was left."""
        if self._bar is None:
            return
        left, self._left = self._left, None
        with self._uncaptured():
            self._remove_bar()
            if isinstance(left, Path):
                self.reporter._tw.write(f"{bestrelpath(self.reporter.startpath, left)} ", flush=True)
            elif isinstance(left, str):
                self.reporter._tw.write(left, flush=True)
        self.reporter.currentfspath = left

    def _begin_line(self) -> None:
        self._left = self._left or self.reporter.currentfspath
        self.reporter.ensure_newline()

    def _remove_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    @contextmanager
    def _uncaptured(self) -> Iterator[None]:
        capture: Any = self.config.pluginmanager.getplugin("capturemanager")
        if capture is None:
            yield
            return
        with capture.global_and_fixture_disabled():
            yield
