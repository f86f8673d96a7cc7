"""Optional packages: the extra that installs each of them, and a check that it is installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from kvguard_policies.records import PolicyError

__all__ = ["EXTRAS", "check_extra"]

EXTRAS = {"hqq": "hqq", "kvpress": "kvpress", "quanto": "optimum-quanto"}
"""The distribution that each extra installs."""


def check_extra(extra: str, what: str) -> None:
    """Raise ``PolicyError`` unless an extra's package is installed, without importing it.

    Args:
        extra: a key of ``EXTRAS``.
        what: the feature that needs it, for the message.
    """
    package = EXTRAS[extra]
    try:
        version(package)
    except PackageNotFoundError:
        raise PolicyError(
            f"{what} needs the package {package}, which is not installed. Install it: pip install "
            f"'pytest-kvguard[{extra}]'"
        ) from None
