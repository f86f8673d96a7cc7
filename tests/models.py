"""The small random models of the invariants, under the names that tests use."""

from __future__ import annotations

from pytest_kvguard.invariants.random_models import HEAD_LAYOUTS as LAYOUTS
from pytest_kvguard.invariants.random_models import VOCABULARY, random_ids, random_model

__all__ = ["LAYOUTS", "VOCABULARY", "random_ids", "random_model"]
