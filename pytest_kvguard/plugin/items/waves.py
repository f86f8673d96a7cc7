"""Waves: the conversations of several files that run in one batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Protocol, cast

import pytest

from pytest_kvguard.plugin.items.contract_item import ContractItem
from pytest_kvguard.plugin.items.gate import GateItem
from pytest_kvguard.plugin.workers.ending import is_worker

if TYPE_CHECKING:
    from pytest_kvguard.contract.model import Contract
    from pytest_kvguard.values.results import CaseId

__all__ = ["wave_of"]

WAVE_CONVERSATIONS = 128
"""A wave takes no further file from this size on: batches are full, and the first verdicts should come early."""


class RunsInWaves(Protocol):
    """An item whose conversations run together with those of other items."""

    contract: Contract
    case: CaseId


def wave_of(item: ContractItem) -> list[RunsInWaves]:
    """Return the selected items that run together with one that has not run: those of its file and of later files.

    A file runs alone if the run may stop before the next one (``-x`` or ``--stepwise``), in xdist's workers, which
    receive files one by one, and with a user's backend, which may raise an error for each file.
    """
    files = _files_from(item)
    wave = _cases(next(files))
    if _stays_alone(item):
        return wave
    for members in files:
        if not _is_cut_by_gate(members):
            wave += _cases(members)
        if _conversations(wave) >= WAVE_CONVERSATIONS:
            break
    return wave


def _files_from(item: ContractItem) -> Iterator[list[ContractItem]]:
    """Yield the selected items of an item's file, then those of each later file."""
    items = [other for other in item.session.items if isinstance(other, ContractItem)]
    yield [other for other in items if other.path == item.path]
    following = items[items.index(item) :]
    for path, members in groupby(following, key=lambda other: other.path):
        if path != item.path:
            yield list(members)


def _cases(items: Sequence[ContractItem]) -> list[RunsInWaves]:
    return [cast("RunsInWaves", item) for item in items if item.runs_in_waves]


def _stays_alone(item: ContractItem) -> bool:
    config: pytest.Config = item.config
    stops = bool(config.getoption("maxfail", 0) or config.getoption("stepwise", False))
    return stops or is_worker(config) or not item.kv.runs_in_process


def _is_cut_by_gate(items: Sequence[ContractItem]) -> bool:
    """Return whether a file's gate decides how much of it runs."""
    return any(isinstance(item, GateItem) and item.contract.gate.limits_drop for item in items)


def _conversations(cases: Sequence[RunsInWaves]) -> int:
    """Return the approximate number of conversations of some items; instructions of a probe share theirs."""
    paths = [item.contract.path for item in cases]
    prompts = {
        (path, item.case.probe, item.case.order, item.case.cell.kernel) for path, item in zip(paths, cases, strict=True)
    }
    compressed = {(path, replace(item.case, instruction="")) for path, item in zip(paths, cases, strict=True)}
    return len(prompts) + len(compressed)
