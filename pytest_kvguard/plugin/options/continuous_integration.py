"""Updates are refused in continuous integration, where a run would write what it is checked against."""

from __future__ import annotations

import os

from pytest_kvguard.errors import UsageError

__all__ = ["refuse_in_ci"]

CI_VARIABLES = ("CI", "BUILD_NUMBER")


def refuse_in_ci(option: str, files: str, force: str) -> None:
    """Raise ``UsageError`` in continuous integration.

    Args:
        option: the option that updates, as typed.
        files: what it would overwrite.
        force: what to type to update nevertheless.
    """
    variable = next((name for name in CI_VARIABLES if os.environ.get(name, "").lower() not in ("", "0", "false")), None)
    if variable:
        raise UsageError(
            f"{option} is refused: {variable} is set, and a run in CI must not overwrite {files} it is checked "
            f"against. Update on your machine and commit, or add {force}, which writes {files} and fails the run."
        )
