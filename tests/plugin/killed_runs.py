"""A user's folder whose runs are killed: contracts, a scripted model with a result store, reports and goldens."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from pytest_kvguard.result_store.store import MAGIC
from tests.plugin.shop import SHOP

__all__ = ["CONFTEST", "Ended", "KillServer", "copies", "lay_out", "stored_replies", "timeless"]

ROOT = Path(__file__).parents[2]
MODULES = (
    "pytest", "xdist", "numpy", "safetensors.numpy", "jsonschema", "regex", "hypothesis",
    "pytest_kvguard.commands.table", "pytest_kvguard.plugin", "pytest_kvguard.plugin.session",
    "pytest_kvguard.backends.scripted",
    "pytest_kvguard.backends.stored", "pytest_kvguard.contract.parse", "pytest_kvguard.evaluation.judge_gate",
    "pytest_kvguard.golden.judge", "pytest_kvguard.plugin.evidence.stream", "pytest_kvguard.reports.html.page",
    "pytest_kvguard.reports.json_report", "pytest_kvguard.reports.failure", "pytest_kvguard.evaluation.record_cell",
)  # fmt: skip

CONFTEST = '''
import time
from pytest_kvguard.backends.scripted import Scripted
from pytest_kvguard.backends.stored import Stored
from pytest_kvguard.backends.turn_key import TurnKeys
from pytest_kvguard.plugin.session import session_key
from pytest_kvguard.reports.kinds import register

class Slow(Scripted):
    """Tells every reply at once, and takes a moment for it."""

    def run_turns(self, requests, progress=None, on_outcome=None):
        outcomes = []
        for number, request in enumerate(requests):
            time.sleep(0.01)
            outcomes += super().run_turns([request])
            if on_outcome:
                on_outcome(number, outcomes[-1])
        return outcomes

def answer(request):
    return f"{WORD} {{len(request.order)}} {{request.policy}} {{request.turns[-1]}}".lower()

def pytest_kvguard_backend(config):
    session = config.stash[session_key]
    if not session.settings.store.is_on or session.options.golden.is_on:
        return Slow(answer)
    return Stored(lambda: Slow(answer), session._store, TurnKeys("{WORD}", "float32", "cpu"), None)

@register("text")
def text(document):
    return "\\n".join(f"{{case['nodeid']}} {{case['verdict']}}" for case in document["cases"])
'''
TIMES = re.compile(r'"(?:started|seconds)": [^\n]*|<dt>started</dt><dd>[^<]*|time(?:stamp)?="[^"]*"')


@dataclass(frozen=True)
class Ended:
    """A command that has ended.

    Attributes:
        code: its exit code, or minus the signal that killed it.
        screen: what it printed.
        moments: how often it touched the user's files; 0 if it was killed.
    """

    code: int
    seconds: float
    screen: str
    moments: int

    @property
    def reused(self) -> int:
        """The number of replies that came from the result store."""
        found = re.search(r"^kvguard: (\d+) of \d+ replies came from the result store$", self.screen, re.MULTILINE)
        return int(found[1]) if found else 0


class KillServer:
    """Runs commands in forks of a process that has imported everything; see ``tests/kill_server.py``."""

    def __init__(self, folder: Path) -> None:
        self._screen = folder / "screen.txt"
        self._environment = {
            "TMPDIR": str(folder), "KVGUARD_CACHE": str(folder / "cache"), "KVGUARD_MASK_KEY": "a key for tests",
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]), "COLUMNS": "160",
            "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }  # fmt: skip
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "CI"))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kill_server", *MODULES],
            cwd=ROOT, env=variables | self._environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def run(self, folder: Path, *words: str, moment: int | None = None, **more: Any) -> Ended:
        """Run a command in a folder.

        Args:
            folder: the working directory.
            words: ``pytest`` and its arguments, ``python`` and a program, or a command of ours and its arguments.
            moment: the moment of writing at which it is killed.
            more: ``seconds`` after which it is killed, variables of the ``environment``.
        """
        request = {"folder": str(folder), "words": words, "moment": moment, "screen": str(self._screen)}
        request |= {"seconds": None, **more, "environment": self._environment | more.get("environment", {})}
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        screen = self._screen.read_text(errors="replace")
        counted = re.search(r"^moments: (\d+)$", screen, re.MULTILINE)
        return Ended(answer["code"], answer["seconds"], screen, int(counted[1]) if counted else 0)

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=60)


def lay_out(folder: Path, word: str = "open at 9:30") -> Path:
    """Write the user's files into a new folder; another word is another model."""
    folder.mkdir(parents=True)
    for name in ("shop", "store"):
        (folder / f"{name}.kv.yaml").write_text(SHOP.replace("shop", name))
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p kvguard -p no:cacheprovider\n")
    change_model(folder, word)
    return folder


def change_model(folder: Path, word: str) -> None:
    """Let the model answer otherwise."""
    (folder / "conftest.py").write_text(CONFTEST.replace("{WORD}", word).replace("{{", "{").replace("}}", "}"))


def copies(template: Path, count: int, name: str) -> Iterator[Path]:
    """Yield fresh copies of a folder."""
    for number in range(count):
        copy = template.with_name(f"{name}-{number}")
        shutil.copytree(template, copy)
        yield copy
        shutil.rmtree(copy)


def stored_replies(folder: Path) -> int:
    """Return the number of replies that a result store holds complete."""
    entries = [path for path in folder.glob("results/v1/??/*") if len(path.name) == 62]
    assert all(path.read_bytes().startswith(MAGIC) for path in entries), "only whole files have the name of a reply"
    return len(entries)


def timeless(content: bytes) -> str:
    """Return the text of a report without its times."""
    return TIMES.sub("", content.decode())


def spread(total: int, most: int, seed: int = 0) -> list[int]:
    """Return moments from 1 to a total: all of them, or as many as fit, drawn at random and in order."""
    moments = range(1, total + 1)
    return list(moments) if total <= most else sorted(Random(seed).sample(moments, most))
