"""Parameter sets for specs of optional packages: they skip if a package is missing, and name it."""

from __future__ import annotations

from typing import Any

import pytest

from kvguard_policies import load
from kvguard_policies.spec import SpecError

__all__ = ["installed_or_skipped"]


def installed_or_skipped(spec: str, *others: Any) -> Any:
    """Return a parameter set that skips if the spec cannot be loaded here, with the error as the reason."""
    try:
        load(spec)
    except SpecError as error:
        return pytest.param(spec, *others, marks=pytest.mark.skip(reason=str(error)))
    return (spec, *others) if others else spec
