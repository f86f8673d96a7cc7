from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kvguard.contract.model import Contract, Gate, Orderings
from pytest_kvguard.plugin.collection import stop_early

CONTRACT = Contract("shop", Path("shop.kv.yaml"), "", (), ())


def options(**changes: bool) -> Any:
    asked = {"early_stop": True, "golden": False, "faults": False, "find_ratio": False, **changes}
    return SimpleNamespace(
        early_stop=asked["early_stop"],
        golden=SimpleNamespace(is_on=asked["golden"]),
        faults=SimpleNamespace(on=asked["faults"]),
        find_ratio=asked["find_ratio"],
    )


def test_replies_stop_where_it_is_asked_for() -> None:
    assert stop_early(CONTRACT, options()).generate.stops_early
    assert not stop_early(CONTRACT, options(early_stop=False)).generate.stops_early


@pytest.mark.parametrize("whole", ["golden", "faults", "find_ratio"])
def test_what_reads_whole_replies_gets_them(whole: str) -> None:
    assert not stop_early(CONTRACT, options(**{whole: True})).generate.stops_early


@pytest.mark.parametrize(
    "gate", [Gate(max_length_ratio=2.0), Gate(max_longer_share=0.5), Gate(max_distance=3.0)], ids=str
)
def test_limits_on_lengths_and_distances_read_whole_replies(gate: Gate) -> None:
    assert not stop_early(replace(CONTRACT, gate=gate), options()).generate.stops_early


def test_a_search_spends_whole_replies() -> None:
    searched = replace(CONTRACT, orderings=Orderings(sample=0, search=2))
    assert not stop_early(searched, options()).generate.stops_early
