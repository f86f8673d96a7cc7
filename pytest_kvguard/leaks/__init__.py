"""Detectors of secrets in replies; ``table`` lists them, one file holds one detector."""

from __future__ import annotations

from pytest_kvguard.leaks.attacks import register as register_attacks
from pytest_kvguard.leaks.finding import Conversation
from pytest_kvguard.leaks.table import detect, register

__all__ = ["Conversation", "detect", "register", "register_attacks"]
