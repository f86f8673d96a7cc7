"""Input files that users name; what is no regular file is refused, because reading it may never end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

__all__ = ["open_regular", "read_regular"]


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading bytes; links are followed.

    Raises:
        OSError: it cannot be opened, or is a pipe, a device or a socket: a pipe waits for a writer, ``/dev/zero`` has
            no end.
    """
    # Without O_NONBLOCK opening a pipe would wait, and a look before the opening could be out of date after it.
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0)))  # noqa: SIM115
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise OSError(errno.EINVAL, "it is a pipe or a device, not a regular file", str(path))


def read_regular(path: Path) -> bytes:
    """Return the content of a regular file.

    Raises:
        OSError: see ``open_regular``.
    """
    with open_regular(path) as file:
        return file.read()
