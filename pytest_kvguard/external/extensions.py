"""Modules of installed packages that add to the guard: importing one registers what it brings."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from pytest_kvguard.errors import UsageError

__all__ = ["GROUP", "load_extensions"]

GROUP = "pytest_kvguard.extensions"
"""The entry points whose modules are imported before options and contracts are read."""


@cache
def load_extensions() -> tuple[str, ...]:
    """Import every extension once; return their names.

    Raises:
        UsageError: one cannot be imported; says which package brings it.
    """
    points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    for point in points:
        try:
            point.load()
        except Exception as error:
            package = point.dist.name if point.dist else "an installed package"
            raise UsageError(
                f"{package} extends the guard by {point.value}, which cannot be imported: {type(error).__name__}: "
                f"{error}. Mend it, or uninstall the package."
            ) from error
    return tuple(point.name for point in points)
