"""The shipped faults and refactors, one file each, and faults of users, named by module path."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from typing import Any

from pytest_kvguard.errors import UsageError, suggest
from pytest_kvguard.faults.fault import Fault, Refactor

__all__ = ["CANARY", "all_faults", "all_refactors", "find_faults"]

CANARY = "canary"
"""The fault that every suite must notice; where a suite misses it, planting does not work."""

_SEEDED, _REFACTORS = "pytest_kvguard.faults.seeded", "pytest_kvguard.faults.refactors"


def all_faults() -> tuple[Fault, ...]:
    """Return the shipped faults, by id; the canary comes first."""
    faults: list[Fault] = [module.FAULT for module in _modules_of(_SEEDED)]
    return tuple(sorted(faults, key=lambda fault: (fault.id != CANARY, fault.id)))


def all_refactors() -> tuple[Refactor, ...]:
    """Return the shipped refactors, by id."""
    return tuple(sorted((module.REFACTOR for module in _modules_of(_REFACTORS)), key=lambda refactor: refactor.id))


def find_faults(names: Iterable[str]) -> tuple[Fault, ...]:
    """Return the faults of these ids, or of modules that hold one as ``FAULT``; the canary always comes first.

    Raises:
        UsageError: no fault has this name.
    """
    shipped = {fault.id: fault for fault in all_faults()}
    faults = [shipped[CANARY], *(shipped.get(name) or _imported(name, shipped) for name in names)]
    return tuple(dict.fromkeys(faults))


def _imported(name: str, shipped: Iterable[str]) -> Fault:
    if "." not in name:
        raise UsageError(
            f"Unknown fault {name!r}.{suggest(name, shipped)} `python -m pytest_kvguard faults --list` shows all. For "
            "your own fault, name the module that defines FAULT, e.g. mypkg.faults.my_fault."
        )
    try:
        fault = importlib.import_module(name).FAULT
    except (ImportError, AttributeError) as error:
        raise UsageError(f"The fault {name!r} cannot be imported: {error}. Check the path.") from error
    if not isinstance(fault, Fault):
        raise UsageError(f"FAULT in {name} is not a pytest_kvguard.faults.fault.Fault. Make it one.")
    return fault


def _modules_of(package: str) -> Iterable[Any]:
    folder = importlib.import_module(package).__path__
    return (importlib.import_module(f"{package}.{module.name}") for module in pkgutil.iter_modules(folder))
