"""``kv_expect``: what is meant although it looks as if compression was off, or as if another build answered."""

from __future__ import annotations

from pytest_kvguard.runs.given import GivenOptions

__all__ = ["BUILDS", "EQUAL", "EXPECTATIONS", "read_expected"]

EQUAL, BUILDS = "equal", "builds"

EXPECTATIONS = {
    EQUAL: "arms that equal each other throughout",
    BUILDS: "servers of other builds or models",
}
"""What may be expected, in words."""


def read_expected(given: GivenOptions) -> frozenset[str]:
    """Return what the user expects.

    Raises:
        UsageError: an expectation is unknown.
    """
    names = [name.strip() for name in given.one("kv_expect").split(",") if name.strip()]
    for name in names:
        given.require_known("kv_expect", name, EXPECTATIONS)
    return frozenset(names)
