"""The free memory that a system reports."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from pytest_kvguard.engine import room

CPU = torch.device("cpu")


def test_linux_reports_the_available_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:  64 kB\nMemFree:  16 kB\nMemAvailable:  32 kB\nBuffers:  8 kB\n")
    monkeypatch.setattr(room, "MEMORY_INFO", tmp_path / "meminfo")
    assert room.free_bytes(CPU) == 32 * 1024


def test_elsewhere_half_of_the_memory_counts_as_free(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(room, "MEMORY_INFO", tmp_path / "nothing")
    monkeypatch.setattr(room.os, "sysconf", {"SC_PHYS_PAGES": 1000, "SC_PAGE_SIZE": 4096}.__getitem__)
    assert room.free_bytes(CPU) == 500 * 4096


def test_a_system_without_a_memory_size_gets_a_constant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(room, "MEMORY_INFO", tmp_path / "nothing")
    monkeypatch.delattr(room.os, "sysconf")
    assert room.free_bytes(CPU) == room.ASSUMED_FREE_BYTES
