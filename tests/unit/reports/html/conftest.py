"""A browser that opens pages; without Chromium its tests skip."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
)
Browse = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def browse(tmp_path: Path) -> Browse:
    """Open a page in a browser of its own."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("needs Chromium, e.g. apt-get install chromium")

    def run(text: str, *flags: str, fragment: str = "") -> subprocess.CompletedProcess[str]:
        page = tmp_path / "report.html"
        page.write_text(text, encoding="utf-8")
        command = [
            str(browser),
            *FLAGS,
            f"--user-data-dir={tmp_path / 'profile'}",
            *flags,
            f"{page.as_uri()}{fragment}",
        ]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)

    return run
