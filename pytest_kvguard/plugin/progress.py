"""A progress line while models run; nothing on pipes, in workers or with -q."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

__all__ = ["ProgressLine"]


class ProgressLine:
    """Shows one line that is overwritten and removed; past pytest's output capture."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        reporter: Any = config.pluginmanager.getplugin("terminalreporter")
        self.reporter = reporter
        self.visible = bool(reporter and reporter.isatty and config.get_verbosity() >= 0)
        self._bar: Any = None

    def announce(self, text: str) -> None:
        """Write a line that stays, also on pipes; not in workers, which have no terminal."""
        if self.reporter is None or self.config.get_verbosity() < 0 or hasattr(self.config, "workerinput"):
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
            if self._bar is None or self._bar.desc != f"kvguard {label}: " or self._bar.total != total:
                self.close()
                self.reporter.ensure_newline()
                self._bar = tqdm(total=total, desc=f"kvguard {label}", leave=False, mininterval=0.1)
            self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Remove the line."""
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
