"""Detectors of secrets in replies: one per file, listed in ``table``."""

from __future__ import annotations

from pytest_kvguard.leaks.attacks import register as register_attacks
from pytest_kvguard.leaks.detector import Transcript
from pytest_kvguard.leaks.table import detect, register

__all__ = ["Transcript", "detect", "register", "register_attacks"]
