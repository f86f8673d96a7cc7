"""The backend that renders turns here and runs them on a Ray cluster, where alone the model is loaded."""

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
        options: options of the model.
        kernels: the attention kernels that requests will use.
        replicas: number of replicas; None = one per device, or one on CPUs.

    Raises:
        KVGuardError: the model cannot be loaded or lacks a kernel.
    """

    def __init__(self, options: ModelOptions, kernels: Sequence[str], replicas: int | None = None) -> None:
        self.pool = ReplicaPool(options, kernels, replicas)
        super().__init__(load_tokenizer(options), self.pool.facts.stop_ids)

    @property
    def title(self) -> str:
        """See ``Backend``: model, dtype and device of a replica."""
        return self.pool.facts.title

    @property
    def null_changes(self) -> tuple[str, ...]:
        """See ``Backend``."""
        return self.pool.facts.null_changes

    def try_jobs(
        self, jobs: Sequence[Job], progress: Progress | None, on_generated: OnGenerated
    ) -> list[Generation | Exception]:
        """See ``JobBackend``."""
        return self.pool.try_jobs(jobs, progress, on_generated)
