"""Runs a command, and stops it and its children when the process that started the keeper is gone.

The starting process holds the other end of the keeper's standard input, which closes when that process closes it, exits
or is killed, on every operating system. The script imports nothing but the standard library.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

__all__ = ["keep"]

GRACE_SECONDS = 5.0


def keep(command: Sequence[str]) -> int:
    """Run a command until it or standard input ends; return its exit code."""
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=os.name == "posix")
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=end, args=(server,)).start())
    threading.Thread(target=_end_with_input, args=(server,), daemon=True).start()
    code = server.wait()
    # Its children may have outlived it.
    _signal(server, "SIGKILL")
    return code


def _end_with_input(server: subprocess.Popen[bytes]) -> None:
    # Not through sys.stdin: its lock would be held when the interpreter ends.
    while os.read(0, 1):
        pass
    end(server)


def end(server: subprocess.Popen[bytes]) -> None:
    """Terminate a process and its children, and kill them after ``GRACE_SECONDS``."""
    _signal(server, "SIGTERM")
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(GRACE_SECONDS)
    _signal(server, "SIGKILL")


def _signal(server: subprocess.Popen[bytes], name: str) -> None:
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(server.pid, getattr(signal, name))
        else:
            server.kill()


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1:]))
