"""The small random models that the invariants run on, under the names the tests know them by."""

from __future__ import annotations

from pytest_kvguard.invariants.random_models import HEAD_LAYOUTS as LAYOUTS
from pytest_kvguard.invariants.random_models import VOCABULARY, random_ids, random_model

__all__ = ["LAYOUTS", "VOCABULARY", "random_ids", "random_model"]
