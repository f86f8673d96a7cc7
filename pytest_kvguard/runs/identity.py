"""What answers in a run: the model's name and a digest of it, and the servers' own words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kvguard.accepted.digests import short_digest
from pytest_kvguard.accepted.entry import Identity
from pytest_kvguard.backends.code_digest import policy_digest
from pytest_kvguard.runs.settings import RAY, RunSettings
from pytest_kvguard.values.cell import Cell

if TYPE_CHECKING:
    from pytest_kvguard.backends.protocol import Backend
    from pytest_kvguard.result_store.store import ResultStore

__all__ = ["RunIdentity"]


class RunIdentity:
    """The model of a run and its identity, the same in every process of the run.

    Args:
        settings: the settings of the run.
        backend: the backend.
        is_own: whether this package made the backend, and not a hook of the user's.
        revision: returns the hub's revision of the model in this process, if it has one.
        store: keeps the digests of files; None if the run has no store.
    """

    def __init__(
        self,
        settings: RunSettings,
        backend: Backend,
        is_own: bool,
        revision: Callable[[], str],
        store: ResultStore | None = None,
    ) -> None:
        self._settings, self._backend, self._store = settings, backend, store
        self.name = self._name(is_own)
        self._model = short_digest([self._model_facts(is_own, revision)])

    def of(self, cell: Cell) -> Identity:
        """Return what answers in one compressed cell."""
        code = policy_digest(cell.policy) if cell.policy is not None else ""
        arms = getattr(self._backend, "arms", {})
        server = str(arms[cell.server].identity) if cell.server in arms else ""
        return Identity(self._model, short_digest([code]) if code else "", server)

    def _name(self, is_own: bool) -> str:
        name = self._settings.model.name
        if not is_own:
            return self._backend.title
        if self._settings.endpoints.is_on:
            return str(self._backend.baseline.model)  # type: ignore[attr-defined]
        # Another machine may keep the same folder elsewhere.
        return Path(name).name if Path(name).expanduser().exists() else name

    def _model_facts(self, is_own: bool, revision: Callable[[], str]) -> list[str]:
        if not is_own:
            return [self._backend.title]
        baseline = getattr(self._backend, "baseline", None)
        if baseline is not None:
            return [str(baseline.identity) or str(baseline.model)]
        return [self._files(revision), self._settings.model.dtype]

    def _files(self, revision: Callable[[], str]) -> str:
        from pytest_kvguard.models.model_source import fingerprint, local_files

        try:
            files = local_files(self._settings.model)
            if files:
                return fingerprint(files, self._store)
        except OSError:  # loading the model has reported the error
            return ""
        return "" if self._settings.executor.name == RAY else revision()
