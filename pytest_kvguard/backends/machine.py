"""Facts about this machine and its libraries that need no import of them."""

from __future__ import annotations

import platform
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["cpu_name", "version_of"]

CPU_INFO = Path("/proc/cpuinfo")


@cache
def cpu_name() -> str:
    """Return the name of the processor."""
    if CPU_INFO.is_file():
        match = re.search(r"^model name\s*:\s*(.+)$", CPU_INFO.read_text(encoding="utf-8"), re.MULTILINE)
        if match:
            return match.group(1)
    return platform.processor() or platform.machine()


@cache
def version_of(distribution: str) -> str:
    """Return the version of an installed distribution."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed"
