"""Servers that a run starts answer, say why they did not start, and end with the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pytest_kvguard.backends.launch.launched import LaunchedServer, free_port, launch
from pytest_kvguard.errors import EndpointError

SERVER = """
import http.server, subprocess, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *args): pass
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
RUN = """
import sys, time
from pytest_kvguard.backends.launch.launched import LaunchedServer, free_port
port = free_port()
server = LaunchedServer([sys.executable, "-c", sys.argv[1], str(port)], {}, port)
server.wait_until_ready(60)
print(server.log.read_text().strip(), flush=True)
time.sleep(600)
"""
needs_signals = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


def is_alive(pid: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ends(pid: int) -> bool:
    for _ in range(150):
        if not is_alive(pid):
            return True
        time.sleep(0.1)
    return False


@needs_signals
def test_a_server_answers_until_it_is_stopped_and_takes_its_children_along() -> None:
    port = free_port()
    server = LaunchedServer([sys.executable, "-c", SERVER, str(port)], {}, port)
    server.wait_until_ready(60)
    child = int(server.log.read_text())
    assert is_alive(child)
    server.stop()
    assert ends(child) and ends(server.pid)
    assert not server.log.exists()


@needs_signals
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_a_server_ends_with_the_run_however_that_ends(how: signal.Signals) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, SERVER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert run.stdout is not None
    with run.stdout:
        child = int(run.stdout.readline())
        assert is_alive(child)
        run.send_signal(how)
        run.wait()
    assert ends(child)


def test_a_server_that_ends_at_once_is_an_error_with_its_last_words() -> None:
    server = LaunchedServer([sys.executable, "-c", "print('no such cache type'); exit(3)"], {}, free_port())
    with pytest.raises(EndpointError, match=r"exit code 3 as it started\. Its log, .*:\n  no such cache type"):
        server.wait_until_ready(60)
    server.stop()
    server.log.unlink()


def test_a_server_that_does_not_get_ready_is_an_error() -> None:
    server = LaunchedServer([sys.executable, "-c", "import time; time.sleep(600)"], {}, free_port())
    with pytest.raises(EndpointError, match="did not answer within 0.1 s of its start.*-o kv_server_timeout=SECONDS"):
        server.wait_until_ready(0.1)
    server.stop()
    server.log.unlink()


def test_where_one_server_does_not_start_all_are_ended_and_it_is_named() -> None:
    port = free_port()
    commands = {
        "the baseline": ([sys.executable, "-c", SERVER, str(port)], port),
        "q4_0": ([sys.executable, "-c", "exit(1)"], free_port()),
    }
    with pytest.raises(EndpointError, match="q4_0: the server ended with exit code 1"):
        launch(commands, {}, 60)
    with pytest.raises(EndpointError):
        LaunchedServer([sys.executable, "-c", "import time; time.sleep(5)"], {}, port).wait_until_ready(0.1)


DIES = "import os, sys; print(sorted(os.environ.items())); sys.exit(3)"


def test_a_server_gets_no_key_of_ours_and_its_last_words_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KVGUARD_JUDGE_KEY", "sk-judge-0123456789")
    monkeypatch.setenv("HF_TOKEN", "hf_0123456789abcdef")
    with pytest.raises(EndpointError) as caught:
        launch({"a": ([sys.executable, "-c", DIES], free_port())}, {}, 60)
    said = str(caught.value)
    assert "'HF_TOKEN', '***'" in said
    assert "hf_0123" not in said and "KVGUARD_JUDGE_KEY" not in said and "sk-judge" not in said
