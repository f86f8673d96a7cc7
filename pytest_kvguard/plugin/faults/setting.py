"""The setting of a collected suite: its policies, the head shapes of its models, its kernels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

from pytest_kvguard.invariants.random_models import HEAD_LAYOUTS, LAYOUTS
from pytest_kvguard.plugin.fixtures.invariants import EVERY_MODEL, InvariantCase
from pytest_kvguard.plugin.items.contract_item import ContractItem
from pytest_kvguard.plugin.items.guarded import is_guarded
from pytest_kvguard.plugin.session import KVSession
from pytest_kvguard.values.cell import Cell

if TYPE_CHECKING:
    from pytest_kvguard.faults.setting import Setting

__all__ = ["RENDERS", "setting_of"]

RENDERS = "kv_renders"


def setting_of(kv: KVSession, items: Sequence[pytest.Item]) -> Setting:
    """Return the policies, head shapes and kernels that the tests of a finished run used."""
    from pytest_kvguard.faults.setting import HeadShape, Setting, shape_of
    from pytest_kvguard.invariants.random_models import random_model
    from pytest_kvguard.invariants.subject import load_policy

    cells = dict.fromkeys(_cells(kv, items))
    policies = dict.fromkeys(cell.policy for cell in cells if cell.policy is not None)
    shapes: list[HeadShape] = [shape_of(name, random_model(name)) for name in dict.fromkeys(_layouts(items))]
    if kv.loaded is not None:
        shapes.append(shape_of(kv.loaded.name, kv.loaded.model))
    return Setting(
        tuple(load_policy(policy) for policy in policies),
        tuple(shapes),
        tuple(dict.fromkeys(cell.kernel for cell in cells)),
        any(map(_renders, items)),
        not any(is_guarded(item) for item in items),
    )


def _cells(kv: KVSession, items: Sequence[pytest.Item]) -> Iterator[Cell]:
    for item in items:
        if isinstance(case := _parameter(item, "kv_invariant"), InvariantCase):
            yield case.cell
        elif is_guarded(item):
            yield from kv.settings.cells


def _layouts(items: Sequence[pytest.Item]) -> Iterator[str]:
    """Yield the names of the random models that tests use."""
    for item in items:
        case, layout = _parameter(item, "kv_invariant"), _parameter(item, "head_layout")
        if isinstance(case, InvariantCase):
            yield from HEAD_LAYOUTS if case.model == EVERY_MODEL else [case.model] * (case.model in LAYOUTS)
        if layout in LAYOUTS:
            yield layout


def _renders(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    return isinstance(item, ContractItem) or "kv_run" in fixtures or item.get_closest_marker(RENDERS) is not None


def _parameter(item: pytest.Item, name: str) -> object:
    return getattr(getattr(item, "callspec", None), "params", {}).get(name)
