"""A user's folder with a contract that a real, tiny model runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# Imported here once: an in-process run drops modules that it imports first, so each run would import them again.
import pytest_kvguard.backends.in_process
import pytest_kvguard.backends.stored  # noqa: F401
from tests.plugin.shop import SHOP

ROOT = Path(__file__).parents[2]
CONTRACT = SHOP + "generate: {max_new_tokens: 6}\n"
FROM_STORE = re.compile(r"^kvguard: (\d+) of (\d+) replies came from the result store$", re.MULTILINE)


def without_reruns(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report without the commands that run a check again, which name what ran it."""
    return {**report, "cases": [{**case, "rerun": ""} for case in report["cases"]]}


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
        """Run pytest in a separate process."""
        command = [sys.executable, "-m", "pytest", *self.words, "--kv-report=json:report.json", *args]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        return subprocess.run(
            command, cwd=self.pytester.path, env=environment, capture_output=True, text=True, check=False, timeout=300
        )

    def run(self, *args: str, alone: bool = False) -> tuple[dict[str, Any], tuple[int, int]]:
        """Run pytest; return the report without timings, and (replies from the store, all replies)."""
        if alone:
            self.screen = self.start(*args).stdout
        else:
            ran = self.pytester.runpytest_inprocess(*self.words, "--kv-report=json:report.json", *args)
            self.screen = ran.stdout.str()
        report = json.loads((self.pytester.path / "report.json").read_text(encoding="utf-8"))
        del report["timing"]
        assert report["complete"], self.screen
        match = FROM_STORE.search(self.screen)
        return report, (int(match.group(1)), int(match.group(2))) if match else (0, 0)
