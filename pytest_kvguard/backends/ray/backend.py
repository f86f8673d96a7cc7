"""Turns are rendered here and run on a Ray cluster; the model is loaded there alone."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_kvguard.backends.in_process import JobBackend
from pytest_kvguard.backends.protocol import Progress
from pytest_kvguard.backends.ray.pool import ReplicaPool
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.planner import OnGenerated
from pytest_kvguard.models.load_model import ModelOptions, load_tokenizer

__all__ = ["OnRay"]


class OnRay(JobBackend):
    """Runs turns on replicas of a model.

    Args:
        options: the model.
        kernels: the attention kernels that will be asked for.
        replicas: how many; None = one per device, or one on processors.

    Raises:
        KVGuardError: what is wrong with the model.
    """

    def __init__(self, options: ModelOptions, kernels: Sequence[str], replicas: int | None = None) -> None:
        self.pool = ReplicaPool(options, kernels, replicas)
        super().__init__(load_tokenizer(options), self.pool.facts.stop_ids)

    @property
    def title(self) -> str:
        """Model, dtype and device of a replica."""
        return self.pool.facts.title

    @property
    def null_changes(self) -> tuple[str, ...]:
        """See ``Backend``."""
        return self.pool.facts.null_changes

    def try_jobs(
        self, jobs: Sequence[Job], progress: Progress | None, on_generated: OnGenerated
    ) -> list[Generation | Exception]:
        """Run jobs on the replicas."""
        return self.pool.try_jobs(jobs, progress, on_generated)
