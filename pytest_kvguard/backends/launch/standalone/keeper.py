"""Runs a command and ends it, with all it has started, when whoever started the keeper is gone.

Whoever starts it holds the other end of its standard input. That closes when they close it, exit, or are killed: on
every system, and without asking anybody to be watched. Nothing but the standard library is imported.
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
    """Run a command until it ends, or standard input does; return its exit code."""
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
    """End a process and its children: politely, then not."""
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
