"""Every policy object is a deep copy."""

from __future__ import annotations

import copy
from typing import Any

from kvguard_policies import spec as specs
from pytest_kvguard.faults.fault import POLICY, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Copy every loaded policy."""

    def load(real: Any, spec: str) -> Any:
        return copy.deepcopy(real(spec))

    planting.function(specs.load, load)


REFACTOR = Refactor("copied-policies", POLICY, "policy objects are deep copies", plant)
