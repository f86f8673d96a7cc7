"""Settings of glibc's heap that keep freed memory in the process for reuse."""

from __future__ import annotations

import ctypes
import os
import platform
from functools import cache

__all__ = ["hand_back_freed_memory", "keep_freed_memory"]

# Parameters of mallopt(3), and the environment variables that set them.
TRIM_THRESHOLD = -1
MMAP_THRESHOLD = -3
SETTINGS = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")

KEPT_BYTES = (1 << 31) - 1
MAPPED_BYTES = 32 << 20


@cache
def keep_freed_memory() -> None:
    """Let glibc keep up to 2 GiB of freed memory, unless the environment sets its thresholds.

    Decoding allocates and frees gigabytes from one batch to the next. If freed memory goes back to the system, each
    page costs a fault when it is used again. Other C libraries have other thresholds and are not changed.
    """
    if (libc := _glibc()) and not any(name in os.environ for name in SETTINGS):
        libc.mallopt(TRIM_THRESHOLD, KEPT_BYTES)
        libc.mallopt(MMAP_THRESHOLD, MAPPED_BYTES)


def hand_back_freed_memory() -> None:
    """Return freed memory to the system, e.g. before a peak is measured."""
    if libc := _glibc():
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
