"""Ctrl-C ends a run at once while it waits for a silent server, before the time limit."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.chat_server import chat_server, says
from tests.plugin.shop import OBEYS, SHOP

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")


def test_ctrl_c_does_not_wait_for_a_silent_server(tmp_path: Path) -> None:
    (tmp_path / "shop.kv.yaml").write_text(SHOP)
    asked = threading.Event()

    with chat_server(says(OBEYS)) as baseline, chat_server(says(OBEYS)) as silent:

        def answer(body: dict[str, Any]) -> Any:
            if body["messages"][-1]["content"] not in OBEYS:
                return says(OBEYS)(body)
            asked.set()
            silent.over.wait()
            return None

        silent.answer = answer
        words = [
            sys.executable,
            "-m",
            "pytest",
            "shop.kv.yaml",
            "-p",
            "no:cacheprovider",
            "-o",
            "kv_endpoint_timeout=600",
        ]
        words += [f"--kv-baseline-endpoint={baseline.url}", f"--kv-endpoint={silent.url}"]
        run = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert asked.wait(120)
        run.send_signal(signal.SIGINT)
        said, _ = run.communicate(timeout=120)
    assert run.returncode == pytest.ExitCode.INTERRUPTED
    assert "KeyboardInterrupt" in said
