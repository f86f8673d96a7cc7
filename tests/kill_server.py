"""A process that has imported everything, and runs each command in a fork of itself that dies when it is told to.

Each line on standard input is a request, each line on standard output the answer to it. A fork dies by SIGKILL at its
n-th moment in which it touches the user's files, or by the clock, with all processes that it has started.
"""

from __future__ import annotations

import builtins
import io
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

CHANGES = ("os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "os.utime", "os.truncate", "fcntl.flock")
"""Audit events, besides openings for writing, that come just before a file changes."""

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Moments:
    """Counts the moments at which a process touches files of a folder, and kills it at one of them.

    Args:
        folder: the user's folder.
        last: the number of the moment; None never kills.
    """

    def __init__(self, folder: Path, last: int | None) -> None:
        self.folder = str(folder)
        self.last = last
        self.count = 0

    def tick(self) -> None:
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Count from now on; an audit hook cannot be removed, which is why each command has a process of its own."""
        sys.addaudithook(self._audit)
        io.open = builtins.open = partial(self._open, io.open)  # type: ignore[assignment]

    def _is_here(self, path: object) -> bool:
        if isinstance(path, int):
            path = os.readlink(f"/proc/self/fd/{path}") if os.path.exists(f"/proc/self/fd/{path}") else ""
        return isinstance(path, str | bytes | os.PathLike) and os.path.abspath(os.fsdecode(path)).startswith(
            self.folder
        )

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = args
            if isinstance(path, int) or not isinstance(flags, int) or not flags & WRITES:
                return
        elif event not in CHANGES:
            return
        if self._is_here(args[0]):
            self.tick()

    def _open(self, real: Callable[..., Any], /, file: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
        if not set(mode) & set("wxa") or "+" in mode or not self._is_here(file):
            return real(file, mode, *args, **options)
        settings = dict(zip(("buffering", "encoding", "errors", "newline", "closefd", "opener"), args, strict=False))
        settings |= options
        raw = TornFile(file, mode.strip("bt"), settings.get("closefd", True), settings.get("opener"))
        raw.tick = self.tick
        if not settings.get("buffering", -1):
            return raw
        if "b" in mode:
            return io.BufferedWriter(raw)
        return io.TextIOWrapper(io.BufferedWriter(raw), *(settings.get(n) for n in ("encoding", "errors", "newline")))


class TornFile(io.FileIO):
    """A file of which a killed process may have written the first half."""

    tick: Callable[[], None]

    def write(self, data: Any) -> int:
        whole = bytes(data)
        for part in (whole[: len(whole) // 2], whole[len(whole) // 2 :]):
            self.tick()
            while part:
                part = part[super().write(part) :]
        return len(whole)


def run_command(request: dict[str, Any], moments: Moments) -> int:
    """Run a command in this process, as its user would in a fresh one."""
    sys.path.insert(0, request["folder"])
    os.environ.update(request["environment"])
    tempfile.tempdir = request["environment"].get("TMPDIR")
    moments.watch()
    name, *words = request["words"]
    if name == "python":
        exec(words[0], {})
        return 0
    if name == "pytest":
        import pytest

        return int(pytest.main(words))
    from pytest_kvguard.commands.table import run

    return run(request["words"])


def in_fork(request: dict[str, Any]) -> None:
    """Be the fork: run the command, write the number of moments, and end."""
    os.setpgid(0, 0)
    folder = Path(request["folder"])
    os.chdir(folder)
    screen = os.open(request["screen"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(screen, 1)
    os.dup2(screen, 2)
    moments = Moments(folder, request["moment"])
    code = 70
    try:
        code = run_command(request, moments)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os.write(screen, f"\nmoments: {moments.count}\n".encode())
        os._exit(code)


def serve(request: dict[str, Any]) -> dict[str, Any]:
    """Run one request in a fork, and return its end: the exit code, or minus the signal, and the seconds it took."""
    started = time.monotonic()
    child = os.fork()
    if not child:
        in_fork(request)
    status = None
    while status is None:
        ended, wait_status = os.waitpid(child, os.WNOHANG)
        if ended:
            status = os.waitstatus_to_exitcode(wait_status)
        elif request["seconds"] is not None and time.monotonic() - started > request["seconds"]:
            os.killpg(child, signal.SIGKILL)
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        else:
            time.sleep(0.002)
    return {"code": status, "seconds": time.monotonic() - started}


def main(modules: list[str]) -> None:
    """Import modules, then answer requests until the input ends."""
    for name in modules:
        __import__(name)
    for line in sys.stdin:
        print(json.dumps(serve(json.loads(line))), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
