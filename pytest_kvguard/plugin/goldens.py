"""Goldens of one process: compares or records what its tests hand in, and says what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_kvguard.models.names import DEFAULT_MODEL, FORMER_NAME
from pytest_kvguard.plugin.golden_options import UPDATE, GoldenOptions
from pytest_kvguard.plugin.options import Point

if TYPE_CHECKING:
    from pytest_kvguard.golden.cell import Cell
    from pytest_kvguard.golden.judge import Judgement
    from pytest_kvguard.golden.recording import Recording
    from pytest_kvguard.golden.store import GoldenStore
    from pytest_kvguard.plugin.session import KVSession

__all__ = ["GOLDENS", "Goldens", "attach_goldens", "outcomes_key"]

GOLDENS = "kvguard_goldens"

outcomes_key = pytest.StashKey[list[dict[str, str]]]()
"""What became of an item's goldens, as it travels to the process with the terminal."""


@dataclass
class Goldens:
    """Judges recordings.

    Attributes:
        kv: the session object.
    """

    kv: KVSession

    @property
    def options(self) -> GoldenOptions:
        """What is to be done."""
        return self.kv.options.golden

    @cached_property
    def store(self) -> GoldenStore:
        """The goldens of the model that runs."""
        from pytest_kvguard.golden.store import GoldenStore

        model = self.kv.model_name
        return GoldenStore(_folder_of(model, self.options.folder), model)

    def cell(self, subject: str, point: Point) -> Cell:
        """Return the coordinates of a golden."""
        from pytest_kvguard.golden.cell import Cell

        return Cell(subject, point.policy, point.ratio, point.kernel, self.kv.options.scope)

    def judge(self, item: pytest.Item, cell: Cell, recording: Recording) -> Judgement:
        """Compare a recording with the golden of its cell, or make it that golden; note the outcome on the item."""
        from pytest_kvguard.golden.judge import check_golden, update_golden

        act = update_golden if self.options.mode == UPDATE else check_golden
        judgement = act(self.store, cell, recording, self.options.levels)
        outcome = {
            "status": str(judgement.status),
            "title": cell.title,
            "subject": cell.subject,
            "policy": cell.policy,
            "line": self.kv.masker.mask(_line_of(judgement)),
            "folder": str(self.store.folder),
        }
        item.stash.setdefault(outcomes_key, []).append(outcome)
        return judgement

    def explain(self, judgement: Judgement, recording: Recording, update: str, color: bool = False) -> str:
        """Return the report of a golden that fails."""
        from pytest_kvguard.reports.golden import explain_golden

        replies = self._replies(judgement, recording)
        return self.kv.masker.mask(explain_golden(judgement, update, replies, color))

    def _replies(self, judgement: Judgement, now: Recording) -> tuple[str, str] | None:
        """Return the first reply that differs, masked, recorded and now."""
        recorded = self.store.read(judgement.cell) if judgement.comparison else None
        for name, turns in now.conversations.items() if recorded else ():
            for old, new in zip(recorded.conversations.get(name, ()), turns, strict=False):  # type: ignore[union-attr]
                if old.token_ids != new.token_ids:
                    return self.kv.masker.mask(old.text), self.kv.masker.mask(new.text)
        return None


def _folder_of(model: str, folder: Path) -> Path:
    """Return where a model's goldens are; under its former name where nothing is recorded under today's."""
    from pytest_kvguard.golden.cell import folder_name

    own, former = folder / folder_name(model), folder / FORMER_NAME
    return former if model == DEFAULT_MODEL and former.is_dir() and not own.exists() else own


def _line_of(judgement: Judgement) -> str:
    difference = judgement.comparison.difference if judgement.comparison else None
    if difference is not None:
        return str(difference) if judgement.status.fails else f"{judgement.status}: {difference}"
    moved = judgement.comparison.moved if judgement.comparison else ()
    return "; ".join([str(judgement.status), *map(str, moved)])


def attach_goldens(item: pytest.Item, report: pytest.TestReport) -> None:
    """Put what became of an item's goldens on its report."""
    outcomes = item.stash.get(outcomes_key, None)
    if outcomes and report.when == "call":
        setattr(report, GOLDENS, outcomes)
