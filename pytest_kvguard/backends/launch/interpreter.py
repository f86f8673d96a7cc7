"""Questions to the interpreter that has an engine installed."""

from __future__ import annotations

import subprocess

from pytest_kvguard.errors import UsageError

__all__ = ["run_python"]

LIMIT_SECONDS = 120
"""The time limit of one question; importing an engine may take a minute on a busy machine."""


def run_python(python: str, code: str) -> subprocess.CompletedProcess[str]:
    """Run a line of Python in another interpreter.

    Args:
        python: the interpreter.
        code: what it runs.

    Raises:
        UsageError: there is no such interpreter, or it does not end in time.
    """
    try:
        return subprocess.run(
            [python, "-c", code],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LIMIT_SECONDS,
            check=False,
        )
    except OSError as error:
        why = error.strerror or str(error)
    except subprocess.TimeoutExpired:
        why = f"it did not answer within {LIMIT_SECONDS} s"
    raise UsageError(
        f"--kv-server-python={python} cannot be run: {why}. Write the path of a Python interpreter that has the engine."
    ) from None
