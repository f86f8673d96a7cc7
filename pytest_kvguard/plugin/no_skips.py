"""Code of the user's own that runs within a run must not skip it: an arm that did not run is an ERROR."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pytest_kvguard.errors import RunError

__all__ = ["without_skips"]


@contextmanager
def without_skips() -> Iterator[None]:
    """Turn ``pytest.skip`` and ``pytest.xfail`` in backends, policies and models into an error.

    Raises:
        RunError: such a call was made; the test would count as neither passed nor failed, even under ``--kv-strict``.
    """
    try:
        yield
    except (pytest.skip.Exception, pytest.xfail.Exception) as error:
        call = "pytest.xfail" if isinstance(error, pytest.xfail.Exception) else "pytest.skip"
        raise RunError(
            f"a backend, a policy or a model called {call}({str(error)!r}) during the run, which would leave checks "
            "without a verdict. Let it raise an exception, or skip in a test of your own."
        ) from error
