"""Policy specs and ratios as the layers above the engine see them; torch-free until a policy is loaded."""

from __future__ import annotations

from collections.abc import Iterable

from kvguard_policies.table import (
    SpecError,
    check_spec,
    ignores_ratio,
    is_cache,
    load,
    parse_ratio,
    put_cache_around,
    quantizes,
    split_specs,
    targets,
)
from pytest_kvguard.values.results import NO_POLICY

__all__ = [
    "NO_POLICY",
    "SpecError",
    "check_spec",
    "ignores_ratio",
    "is_cache",
    "load_all",
    "parse_ratio",
    "put_cache_around",
    "quantizes",
    "split_specs",
    "targets",
]


def load_all(specs: Iterable[str]) -> None:
    """Load every policy once, so that a wrong option is reported before anything runs.

    Raises:
        SpecError: a policy that cannot be made.
    """
    for spec in specs:
        load(spec)
