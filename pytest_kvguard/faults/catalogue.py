"""Every fault and every refactor there is: the files of two folders, and those named by path."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from typing import Any

from pytest_kvguard.errors import UsageError, suggest
from pytest_kvguard.faults.fault import Fault, Refactor

__all__ = ["CANARY", "all_faults", "all_refactors", "find_faults"]

CANARY = "canary"
"""The fault that no suite can miss; where it is missed, planting does not work."""

_SEEDED, _REFACTORS = "pytest_kvguard.faults.seeded", "pytest_kvguard.faults.refactors"


def all_faults() -> tuple[Fault, ...]:
    """Return the shipped faults, by id; the canary comes first."""
    faults: list[Fault] = [module.FAULT for module in _modules_of(_SEEDED)]
    return tuple(sorted(faults, key=lambda fault: (fault.id != CANARY, fault.id)))


def all_refactors() -> tuple[Refactor, ...]:
    """Return the shipped refactors, by id."""
    return tuple(sorted((module.REFACTOR for module in _modules_of(_REFACTORS)), key=lambda made: made.id))


def find_faults(names: Iterable[str]) -> tuple[Fault, ...]:
    """Return faults by id, or by the module that holds one as ``FAULT``; the canary is always among them.

    Raises:
        UsageError: there is none of this name.
    """
    shipped = {fault.id: fault for fault in all_faults()}
    wanted = [shipped[CANARY]]
    for name in names:
        found = shipped.get(name) or _imported(name, shipped)
        wanted.append(found)
    return tuple(dict.fromkeys(wanted))


def _imported(name: str, shipped: Iterable[str]) -> Fault:
    if "." not in name:
        raise UsageError(
            f"Unknown fault {name!r}.{suggest(name, shipped)} `python -m pytest_kvguard faults --list` shows all; your "
            "own: the path of a module with FAULT in it, e.g. mypkg.faults.my_fault."
        )
    try:
        fault = importlib.import_module(name).FAULT
    except (ImportError, AttributeError) as error:
        raise UsageError(f"The fault {name!r} cannot be imported: {error}. Check the path.") from error
    if not isinstance(fault, Fault):
        raise UsageError(f"FAULT in {name} is no pytest_kvguard.faults.fault.Fault. Make it one.")
    return fault


def _modules_of(package: str) -> Iterable[Any]:
    folder = importlib.import_module(package).__path__
    return (importlib.import_module(f"{package}.{found.name}") for found in pkgutil.iter_modules(folder))
