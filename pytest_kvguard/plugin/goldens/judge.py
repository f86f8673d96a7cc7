"""The goldens of one process: compares tests' recordings with them or records them, and reports the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_kvguard.models.options import DEFAULT_MODEL, FORMER_NAME
from pytest_kvguard.plugin.evidence.stash import events_key
from pytest_kvguard.plugin.options.goldens import UPDATE, GoldenOptions

if TYPE_CHECKING:
    from pytest_kvguard.golden.judge import Judgement
    from pytest_kvguard.golden.key import GoldenKey
    from pytest_kvguard.golden.recording import Recording
    from pytest_kvguard.golden.store import GoldenStore
    from pytest_kvguard.leaks.masking import Masker

__all__ = ["Goldens"]


@dataclass
class Goldens:
    """Compares recordings with goldens, or records them as goldens.

    Attributes:
        options: the options of goldens.
        model: the name of the model.
        scope: the scope of compression.
        masker: hides secrets.
    """

    options: GoldenOptions
    model: str
    scope: str
    masker: Masker

    @cached_property
    def store(self) -> GoldenStore:
        """The stored goldens of the model."""
        from pytest_kvguard.golden.store import GoldenStore

        return GoldenStore(_folder_of(self.model, self.options.folder), self.model)

    def judge(self, item: pytest.Item, key: GoldenKey, recording: Recording) -> Judgement:
        """Compare a recording with the golden of its key, or record it there; add an event with the outcome."""
        from pytest_kvguard.golden.judge import check_golden, update_golden

        act = update_golden if self.options.mode == UPDATE else check_golden
        judgement = act(self.store, key, recording, self.options.levels)
        event = {
            "kind": "golden",
            "status": str(judgement.status),
            "golden": key.title,
            "subject": key.subject,
            "policy": key.cell.policy_name,
            "line": self.masker.mask(_line_of(judgement)),
            "folder": str(self.store.folder),
        }
        item.stash.setdefault(events_key, []).append(event)
        return judgement

    def explain(self, judgement: Judgement, recording: Recording, update: str, color: bool = False) -> str:
        """Return the report of a golden's comparison, without secrets."""
        from pytest_kvguard.reports.golden import explain_golden

        replies = self._replies(judgement, recording)
        return self.masker.mask(explain_golden(judgement, update, replies, color))

    def _replies(self, judgement: Judgement, now: Recording) -> tuple[str, str] | None:
        """Return the first reply that differs, as (recorded, current), without secrets."""
        recorded = self.store.read(judgement.key) if judgement.comparison else None
        for name, turns in now.conversations.items() if recorded else ():
            for old, new in zip(recorded.conversations.get(name, ()), turns, strict=False):  # type: ignore[union-attr]
                if old.token_ids != new.token_ids:
                    return self.masker.mask(old.text), self.masker.mask(new.text)
        return None


def _folder_of(model: str, folder: Path) -> Path:
    """Return the folder of a model's goldens; the folder of its former name if only that one exists."""
    from pytest_kvguard.golden.key import folder_name

    own, former = folder / folder_name(model), folder / FORMER_NAME
    return former if model == DEFAULT_MODEL and former.is_dir() and not own.exists() else own


def _line_of(judgement: Judgement) -> str:
    difference = judgement.comparison.difference if judgement.comparison else None
    if difference is not None:
        return str(difference) if judgement.status.fails else f"{judgement.status}: {difference}"
    moved = judgement.comparison.moved if judgement.comparison else ()
    return "; ".join([str(judgement.status), *map(str, moved)])
