"""A replica: a Ray actor with a model of its own that takes jobs and returns generations as plain values."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pytest_kvguard.backends.checked_model import require_faithful
from pytest_kvguard.backends.in_process import null_changes_of, title_of
from pytest_kvguard.engine.jobs import Generation, Job, KeptEntries
from pytest_kvguard.engine.planner import try_jobs
from pytest_kvguard.errors import KVGuardError, RunError
from pytest_kvguard.models.load_model import LoadedModel, ModelOptions, load_model

__all__ = ["Replica", "ReplicaFacts"]


@dataclass(frozen=True)
class ReplicaFacts:
    """The facts about a replica that the planning process needs.

    Attributes:
        title: one line with model, dtype and device.
        null_changes: the harmless changes that it can run.
        stop_ids: all token ids that end a reply.
    """

    title: str
    null_changes: tuple[str, ...]
    stop_ids: frozenset[int]


class Replica:
    """Runs jobs on a model that it loads on first use; returns errors, since Ray would wrap raised ones.

    Args:
        options: options of the model.
        path: search path of modules, so that users' policies can be imported.
        kernels: the attention kernels that jobs will use.
    """

    def __init__(self, options: ModelOptions, path: Sequence[str], kernels: Sequence[str]) -> None:
        sys.path.extend(folder for folder in path if folder not in sys.path)
        self._options = options
        self._kernels = kernels

    @cached_property
    def model(self) -> LoadedModel:
        """The loaded model."""
        model = load_model(self._options, for_contracts=True)
        for kernel in self._kernels:
            model.check_kernel(kernel)
        require_faithful(model, self._kernels)
        return model

    def facts(self) -> ReplicaFacts | Exception:
        """Return the facts that the planning process needs, or the error of the model or a kernel."""
        try:
            return ReplicaFacts(title_of(self.model), null_changes_of(self.model), self.model.stop_ids)
        except Exception as error:  # noqa: BLE001 - the planning process raises it
            return _plain(error)

    def process_id(self) -> int:
        """Return the process id of this replica."""
        return os.getpid()

    def run(self, jobs: Sequence[Job]) -> list[Generation | Exception]:
        """Run jobs; return their generations in CPU memory, and errors of other packages as text."""
        try:
            return [_portable(result) for result in try_jobs(self.model, jobs)]
        except Exception as error:  # noqa: BLE001 - other portions go on
            return [_plain(error)] * len(jobs)


def _plain(error: Exception) -> KVGuardError:
    return error if isinstance(error, KVGuardError) else RunError(f"{type(error).__name__}: {error}")


def _portable(result: Generation | Exception) -> Generation | Exception:
    if isinstance(result, Exception):
        return _plain(result)
    if result.kept is None:
        return result
    positions = tuple(tuple(head.cpu() for head in layer) for layer in result.kept.positions)
    return replace(result, kept=KeptEntries(positions, result.kept.tokens))
