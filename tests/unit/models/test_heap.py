"""Freed memory is used again without page faults."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from pytest_kvguard.models.heap import SETTINGS

COUNT_FAULTS = """
import resource, sys, numpy
from pytest_kvguard.models.heap import keep_freed_memory

def touch():
    blocks = [numpy.ones(8 << 20, dtype=numpy.uint8) for _ in range(40)]

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

keep_freed_memory()
touch()
before = faults()
touch()
print(faults() - before)
"""
PAGES = 40 * (8 << 20) // os.sysconf("SC_PAGE_SIZE")


def faults(**environment: str) -> int:
    inherited = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    process = subprocess.run(
        [sys.executable, "-c", COUNT_FAULTS],
        env={**inherited, "NUMPY_MADVISE_HUGEPAGE": "0", **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return int(process.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has these thresholds")
def test_freed_memory_causes_no_new_page_faults() -> None:
    assert faults() < PAGES / 40


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has these thresholds")
@pytest.mark.parametrize(
    ("name", "value"),
    [("MALLOC_TRIM_THRESHOLD_", "131072"), ("GLIBC_TUNABLES", "glibc.malloc.trim_threshold=131072")],
)
def test_thresholds_set_in_the_environment_are_not_changed(name: str, value: str) -> None:
    assert faults(**{name: value}) > PAGES / 20
