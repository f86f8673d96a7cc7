"""Digests of the code on which a reply depends: the guard's own, and that of users' policies. No torch."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import kvguard_policies
import pytest_kvguard
from kvguard_policies.spec import PolicySpec

__all__ = ["engine_digest", "policy_digest"]

OWN = ("models", "engine", "backends", "contract", "values/cell.py", "values/results.py", "values/traces.py")
"""The parts of ``pytest_kvguard`` on which replies depend, unlike checks and reports."""

CODE = (".py", ".pyx", ".so", ".pyd", ".c", ".cpp", ".cu", ".cuh", ".h")


@cache
def engine_digest() -> str:
    """Return a digest of the guard's code that turns a contract into replies."""
    package = Path(pytest_kvguard.__file__).parent
    return _digest([Path(kvguard_policies.__file__).parent, *(package / name for name in OWN)])


@cache
def policy_digest(spec: PolicySpec) -> str | None:
    """Return a digest of the code of users' policies; empty where a spec names none, None where code is missing.

    It covers all code of the package to which a class belongs, or of the folder of a module outside of packages.
    """
    tops = {target.partition(":")[0].partition(".")[0] for target in spec.targets} - {kvguard_policies.__name__}
    places = [_place(top) for top in sorted(tops)]
    located = [place for place in places if place is not None]
    if len(located) < len(places):
        return None
    return _digest(path for place in located for path in place) if located else ""


def _place(top: str) -> list[Path] | None:
    """Return the folders of a package, or the files beside a lone module, without importing it."""
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return [Path(folder) for folder in spec.submodule_search_locations]
    if spec.origin is None or not Path(spec.origin).is_file():
        return None
    module = Path(spec.origin)
    installed = {"site-packages", "dist-packages"} & set(module.parts)
    return [module] if installed else sorted(path for path in module.parent.iterdir() if path.suffix in CODE)


def _digest(places: Iterable[Path]) -> str:
    whole = sha256()
    for place in places:
        files = [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.suffix in CODE)
        for path in files:
            name = path.name if path == place else path.relative_to(place).as_posix()
            whole.update(f"{name}\0{sha256(path.read_bytes()).hexdigest()}\0".encode())
    return whole.hexdigest()
