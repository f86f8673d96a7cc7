"""Extensions of installed packages, as pytest takes them up."""

from __future__ import annotations

import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.extensions import load_extensions

__all__ = ["use_extensions"]


def use_extensions() -> None:
    """Import what installed packages bring.

    Raises:
        pytest.UsageError: something cannot be imported.
    """
    try:
        load_extensions()
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
