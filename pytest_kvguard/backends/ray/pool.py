"""A pool of replicas on a Ray cluster, which run jobs in portions and take over those of a replica that died."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_kvguard.backends.ray.replica import Replica, ReplicaFacts
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.planner import OnGenerated
from pytest_kvguard.errors import RunError, UsageError
from pytest_kvguard.external.optional import load_optional
from pytest_kvguard.models.load_model import ModelOptions
from pytest_kvguard.models.options import SPREAD
from pytest_kvguard.values.results import Progress

__all__ = ["ReplicaPool", "accelerators_of_each"]

PORTIONS = 4
"""The number of portions per replica, if there are enough contexts. Fewer portions fill the batches better; with more,
less is lost with a replica, and fast replicas wait less for slow ones."""

MOST_DEATHS = 3
"""The number of deaths of replicas after which a portion is an error; the other portions go on."""


@dataclass
class Portion:
    """Jobs that one replica runs together; jobs of one context always do, since they share its prefill."""

    jobs: list[Job] = field(default_factory=list)
    deaths: int = 0


class ReplicaPool:
    """Starts replicas, or joins a cluster where ``RAY_ADDRESS`` names one.

    Args:
        options: options of the model that each replica loads.
        kernels: the attention kernels that jobs will use.
        replicas: number of replicas; None = one per device, or one where the model is spread or runs on CPUs.

    Raises:
        UsageError: the cluster has no room for so many replicas.
        KVGuardError: the model cannot be loaded or lacks a kernel.
    """

    def __init__(self, options: ModelOptions, kernels: Sequence[str], replicas: int | None = None) -> None:
        self._ray: Any = load_optional("ray")
        if not self._ray.is_initialized():
            self._ray.init(include_dashboard=False, log_to_driver=False, configure_logging=False)
        self._options = options
        self._kernels = tuple(kernels)
        resources = self._ray.cluster_resources()
        self._devices = accelerators_of_each(options.device, int(resources.get("GPU", 0)), replicas)
        kind = "GPU" if self._devices else "CPU"
        room = int(resources.get(kind, 0)) // max(1, self._devices)
        count = replicas or (room if self._devices else 0) or 1
        if count > room:
            raise UsageError(f"kv_replicas={count}: each needs a {kind}, the Ray cluster has {room}. Ask for fewer.")
        self.replicas: list[Any] = [self._start() for _ in range(count)]
        facts: ReplicaFacts | Exception = self._ray.get(self.replicas[0].facts.remote())
        if isinstance(facts, Exception):
            raise facts
        self.facts = facts

    def _start(self) -> Any:
        # A replica runs one portion at a time, so Ray reserves one CPU for it; torch chooses its own number of threads.
        actor: Any = self._ray.remote(num_cpus=1, num_gpus=self._devices, max_restarts=0)(Replica)
        return actor.remote(self._options, tuple(sys.path), self._kernels)

    def try_jobs(
        self, jobs: Sequence[Job], progress: Progress | None = None, on_generated: OnGenerated | None = None
    ) -> list[Generation | Exception]:
        """Return a generation or an error per job, as ``engine.planner.try_jobs`` does in one process."""
        outcomes: dict[Job, Generation | Exception] = {}
        waiting = deque(_portions(jobs, len(self.replicas) * PORTIONS))
        running: dict[Any, tuple[int, Portion]] = {}
        idle = list(range(len(self.replicas)))
        while waiting or running:
            while waiting and idle:
                portion, number = waiting.popleft(), idle.pop()
                running[self.replicas[number].run.remote(portion.jobs)] = number, portion
            [done], _ = self._ray.wait(list(running), num_returns=1)
            number, portion = running.pop(done)
            idle.append(number)
            try:
                results = self._ray.get(done)
            except self._ray.exceptions.RayActorError as error:
                self.replicas[number] = self._start()
                portion.deaths += 1
                if portion.deaths < MOST_DEATHS:
                    waiting.append(portion)
                    continue
                results = [_gave_up(error)] * len(portion.jobs)
            outcomes.update(zip(portion.jobs, results, strict=True))
            _tell(portion.jobs, results, on_generated)
            if progress:
                progress("decode on Ray", len(outcomes), len(set(jobs)))
        return [outcomes[job] for job in jobs]

    def close(self) -> None:
        """Stop the replicas, but not the cluster, which others may use."""
        for replica in self.replicas:
            self._ray.kill(replica)
        self.replicas.clear()


def accelerators_of_each(device: str, accelerators: int, replicas: int | None) -> int:
    """Return the number of accelerators for each replica; 0 on CPUs.

    Args:
        device: as requested; replicas of a model that is spread get even shares of the accelerators.
        accelerators: number of accelerators of the cluster.
        replicas: as requested.
    """
    if device == SPREAD and accelerators:
        return max(1, accelerators // (replicas or 1))
    return 0 if device == SPREAD or device.partition(":")[0] == "cpu" else 1


def _portions(jobs: Sequence[Job], count: int) -> list[Portion]:
    """Return distinct jobs in about ``count`` portions, with all jobs of a context in one portion."""
    contexts: dict[tuple[object, ...], list[Job]] = {}
    for job in dict.fromkeys(jobs):
        contexts.setdefault((job.region, job.layout, job.cell.kernel), []).append(job)
    size = -(-sum(map(len, contexts.values())) // count)
    portions = [Portion()]
    for members in contexts.values():
        if len(portions[-1].jobs) >= size:
            portions.append(Portion())
        portions[-1].jobs += members
    return [portion for portion in portions if portion.jobs]


def _tell(jobs: Sequence[Job], results: Sequence[Generation | Exception], on_generated: OnGenerated | None) -> None:
    for job, result in zip(jobs, results, strict=True):
        if on_generated and not isinstance(result, Exception):
            on_generated(job, result)


def _gave_up(error: Exception) -> RunError:
    first = str(error).strip().splitlines()[0]
    return RunError(
        f"{MOST_DEATHS} replicas died while running these jobs; the last one said: {first} Check the memory of the "
        "machines, or run the contract without --kv-executor=ray to see the error."
    )
