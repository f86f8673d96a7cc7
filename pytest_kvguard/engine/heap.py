"""Memory that was freed stays with the process, to be used again."""

from __future__ import annotations

import ctypes
import os
import platform
from functools import cache

__all__ = ["keep_freed_memory"]

# Parameters of mallopt(3), and their names in the environment.
TRIM_THRESHOLD = -1, "MALLOC_TRIM_THRESHOLD_"
MMAP_THRESHOLD = -3, "MALLOC_MMAP_THRESHOLD_"

KEPT_BYTES = (1 << 31) - 1
MAPPED_BYTES = 32 << 20


@cache
def keep_freed_memory() -> None:
    """Let glibc keep up to 2 GiB of freed memory; whoever set its thresholds in the environment is left alone.

    Decoding allocates and frees gigabytes from one batch to the next. Handed back to the system and touched anew, every
    page costs a fault. Other C libraries have other thresholds and are left alone too.
    """
    if platform.libc_ver()[0] != "glibc" or any(name in os.environ for _, name in (TRIM_THRESHOLD, MMAP_THRESHOLD)):
        return
    libc = ctypes.CDLL(None)
    libc.mallopt(TRIM_THRESHOLD[0], KEPT_BYTES)
    libc.mallopt(MMAP_THRESHOLD[0], MAPPED_BYTES)
