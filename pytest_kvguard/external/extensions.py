"""Loading of extensions: modules of installed packages that register checks, reports and the like on import."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from pytest_kvguard.errors import UsageError

__all__ = ["ENTRY_POINTS", "load_extensions"]

ENTRY_POINTS = "pytest_kvguard.extensions"
"""The entry-point group of extensions. They are imported before options and contracts are read."""


@cache
def load_extensions() -> tuple[str, ...]:
    """Import every extension once and return their names.

    Raises:
        UsageError: an extension cannot be imported; names its package.
    """
    points = sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name)
    for point in points:
        try:
            point.load()
        except Exception as error:
            package = point.dist.name if point.dist else "an installed package"
            raise UsageError(
                f"the extension {point.value} of {package} cannot be imported: {type(error).__name__}: {error}. "
                "Repair it, or uninstall the package."
            ) from error
    return tuple(point.name for point in points)
