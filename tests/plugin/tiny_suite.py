"""A user's folder with a contract that a tiny model really runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# Imported here once: an in-process run forgets what it imported first, and would import it anew every time.
import pytest_kvguard.backends.in_process
import pytest_kvguard.backends.stored  # noqa: F401
from tests.plugin.shop import SHOP

ROOT = Path(__file__).parents[2]
CONTRACT = SHOP + "generate: {max_new_tokens: 6}\n"
FROM_STORE = re.compile(r"^kvguard: (\d+) of (\d+) replies came from the result store$", re.MULTILINE)


class TinySuite:
    """A user's folder with one contract on a tiny model."""

    def __init__(self, pytester: pytest.Pytester, model: Path) -> None:
        self.pytester = pytester
        self.model = model
        self.screen = ""
        self.write("shop.kv.yaml", CONTRACT)

    @property
    def store(self) -> Path:
        return self.pytester.path / "results"

    @property
    def words(self) -> list[str]:
        return [f"--kv-model={self.model}", "--kv-policy=snapkv,knorm", "--kv-store-dir=results"]

    def write(self, name: str, text: str) -> None:
        (self.pytester.path / name).write_text(text, encoding="utf-8")

    def start(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run in a process of its own."""
        command = [sys.executable, "-m", "pytest", *self.words, "--kv-report=json:report.json", *args]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        return subprocess.run(
            command, cwd=self.pytester.path, env=environment, capture_output=True, text=True, check=False, timeout=300
        )

    def run(self, *args: str, alone: bool = False) -> tuple[dict[str, Any], tuple[int, int]]:
        """Run to the end; return the report without timings, and how many of how many replies were not run."""
        if alone:
            self.screen = self.start(*args).stdout
        else:
            ran = self.pytester.runpytest_inprocess(*self.words, "--kv-report=json:report.json", *args)
            self.screen = ran.stdout.str()
        report = json.loads((self.pytester.path / "report.json").read_text(encoding="utf-8"))
        del report["timing"]
        assert report["complete"], self.screen
        told = FROM_STORE.search(self.screen)
        return report, (int(told.group(1)), int(told.group(2))) if told else (0, 0)
