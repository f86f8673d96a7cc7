"""Specs whose packages may be missing: they skip, and say which package they wait for."""

from __future__ import annotations

from typing import Any

import pytest

from kvguard_policies import load
from kvguard_policies.spec import SpecError

__all__ = ["installed_or_skipped"]


def installed_or_skipped(spec: str, *others: Any) -> Any:
    """Return a parameter set that skips, with the remedy for a reason, where the spec cannot be made here."""
    try:
        load(spec)
    except SpecError as error:
        return pytest.param(spec, *others, marks=pytest.mark.skip(reason=str(error)))
    return (spec, *others) if others else spec
