"""Servers that this run starts and stops."""

from __future__ import annotations

import atexit
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_kvguard.backends.launch.standalone import keeper
from pytest_kvguard.errors import EndpointError
from pytest_kvguard.external.api_key import hide
from pytest_kvguard.external.http_exchange import ExchangeError, exchange

__all__ = ["LaunchedServer", "free_port", "launch"]

POLL_SECONDS = 0.2
HEALTH_SECONDS = 5
LAST_LINES = 8
LAST_BYTES = 64 * 1024

OWN_KEYS = frozenset({"KVGUARD_ENDPOINT_KEY", "KVGUARD_BASELINE_ENDPOINT_KEY", "KVGUARD_JUDGE_KEY", "KVGUARD_MASK_KEY"})
"""Variables that only this process reads, and a server that it starts does not get."""

_SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)(_\w+)?$", re.IGNORECASE)
SHORTEST_SECRET = 8
"""Shorter values, such as paths of one letter or switches, are in every log."""


def free_port() -> int:
    """Return an unused port of the loopback address."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


class LaunchedServer:
    """A server in a process of its own, which ends with this process, even if this one is killed.

    Attributes:
        url: base URL of the server.
        pid: process id of its keeper.
        log: file with its output.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/v1"
        self._health = f"http://127.0.0.1:{port}/health"
        handle, name = tempfile.mkstemp(prefix="kvguard-server-", suffix=".log")
        self.log = Path(name)
        # In a session of its own it does not receive Ctrl-C: the run still needs it while it ends in order.
        self._keeper = subprocess.Popen(
            [sys.executable, keeper.__file__, *command],
            stdin=subprocess.PIPE,
            stdout=handle,
            stderr=subprocess.STDOUT,
            env={**{name: value for name, value in os.environ.items() if name not in OWN_KEYS}, **environment},
            start_new_session=os.name == "posix",
        )
        os.close(handle)
        self._is_sound = True
        self.pid = self._keeper.pid
        atexit.register(self.stop)

    def wait_until_ready(self, timeout_seconds: float) -> None:
        """Wait until the server answers.

        Raises:
            EndpointError: it ended, or did not answer in time; the message has the last lines of its log.
        """
        deadline = time.monotonic() + timeout_seconds
        while not self._answers():
            code = self._keeper.poll()
            if code is not None:
                self._is_sound = False
                raise EndpointError(f"the server ended with exit code {code} as it started. {self._last_words()}")
            if time.monotonic() > deadline:
                self._is_sound = False
                raise EndpointError(
                    f"the server did not answer within {timeout_seconds:g} s of its start. Allow it longer: "
                    f"-o kv_server_timeout=SECONDS. {self._last_words()}"
                )
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Stop the server and its children, and delete its log, unless the server failed to start."""
        atexit.unregister(self.stop)
        if self._keeper.stdin is not None and not self._keeper.stdin.closed:
            self._keeper.stdin.close()
        try:
            self._keeper.wait(2 * keeper.GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
        if self._is_sound:
            self.log.unlink(missing_ok=True)

    def _answers(self) -> bool:
        try:
            exchange(self._health, None, "", HEALTH_SECONDS)
        except ExchangeError:
            return False
        return True

    def _last_words(self) -> str:
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - LAST_BYTES))
            text = log.read().decode(errors="replace")
        lines = hide(text, *_secret_values(os.environ)).strip().splitlines()[-LAST_LINES:]
        shown = "\n".join(f"  {line}" for line in lines) or "  (nothing)"
        return f"Its log, {self.log}, ends with:\n{shown}"


def _secret_values(environment: Mapping[str, str]) -> list[str]:
    """Return the values of variables whose names say that they are secret; a server may log its environment."""
    return [
        value
        for name, value in environment.items()
        if _SECRET_NAME.search(name) and len(value) >= SHORTEST_SECRET and not Path(value).exists()
    ]


def launch(
    commands: Mapping[str, tuple[Sequence[str], int]], environment: Mapping[str, str], timeout_seconds: float
) -> dict[str, LaunchedServer]:
    """Start servers at the same time and return them when all answer; if one does not start, stop all.

    Args:
        commands: command and port of each server, by name.
        environment: environment variables to set.
        timeout_seconds: time limit for the start of each server.

    Raises:
        EndpointError: a server did not start.
    """
    started: dict[str, LaunchedServer] = {}
    try:
        for name, (command, port) in commands.items():
            started[name] = LaunchedServer(command, environment, port)
        for name, server in started.items():
            try:
                server.wait_until_ready(timeout_seconds)
            except EndpointError as error:
                raise EndpointError(f"{name}: {error}") from None
    except BaseException:
        for server in started.values():
            server.stop()
        raise
    return started
