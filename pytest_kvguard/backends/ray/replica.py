"""A model of its own in a Ray actor: jobs in, generations out, as plain values."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pytest_kvguard.backends.in_process import null_changes_of, title_of
from pytest_kvguard.engine.jobs import Generation, Job, KeptEntries
from pytest_kvguard.engine.planner import try_jobs
from pytest_kvguard.errors import KVGuardError, RunError
from pytest_kvguard.models.load_model import LoadedModel, ModelOptions, load_model

__all__ = ["Replica", "ReplicaFacts"]


@dataclass(frozen=True)
class ReplicaFacts:
    """What the process that plans must know of a replica.

    Attributes:
        title: one line that says what runs.
        null_changes: the harmless changes it can make.
        stop_ids: every id that ends a reply.
    """

    title: str
    null_changes: tuple[str, ...]
    stop_ids: frozenset[int]


class Replica:
    """Loads the model on first use; errors are returned, for Ray would wrap them up.

    Args:
        options: the model.
        path: where modules are looked for, so that policies of the user's are found.
        kernels: the attention kernels that will be asked for.
    """

    def __init__(self, options: ModelOptions, path: Sequence[str], kernels: Sequence[str]) -> None:
        sys.path.extend(folder for folder in path if folder not in sys.path)
        self._options = options
        self._kernels = kernels

    @cached_property
    def model(self) -> LoadedModel:
        """The loaded model."""
        model = load_model(self._options)
        for kernel in self._kernels:
            model.check_kernel(kernel)
        return model

    def facts(self) -> ReplicaFacts | Exception:
        """Return what the process that plans must know, or what is wrong with the model or a kernel."""
        try:
            return ReplicaFacts(title_of(self.model), null_changes_of(self.model), self.model.stop_ids)
        except Exception as error:  # noqa: BLE001 - the process that plans raises it
            return _plain(error)

    def process_id(self) -> int:
        """Return this replica's process."""
        return os.getpid()

    def run(self, jobs: Sequence[Job]) -> list[Generation | Exception]:
        """Run jobs; what cannot be sent back as it is, is sent as text or from the processor's memory."""
        try:
            return [_portable(made) for made in try_jobs(self.model, jobs)]
        except Exception as error:  # noqa: BLE001 - other portions go on
            return [_plain(error)] * len(jobs)


def _plain(error: Exception) -> KVGuardError:
    return error if isinstance(error, KVGuardError) else RunError(f"{type(error).__name__}: {error}")


def _portable(made: Generation | Exception) -> Generation | Exception:
    if isinstance(made, Exception):
        return _plain(made)
    if made.kept is None:
        return made
    positions = tuple(tuple(rows.cpu() for rows in heads) for heads in made.kept.positions)
    return replace(made, kept=KeptEntries(positions, made.kept.tokens))
