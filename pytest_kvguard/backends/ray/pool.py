"""Replicas on a Ray cluster: jobs are handed out in portions, and those of a replica that died to the others."""

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
"""How many portions every replica gets, if there are enough contexts: the fewer, the fuller the batches; the more, the
less is lost with a replica and the less the fast ones wait for the slow."""

MOST_DEATHS = 3
"""A portion that this many replicas died of is an error; the others go on."""


@dataclass
class Portion:
    """Jobs that are handed out together; those of one context always are, for they share its prefill."""

    jobs: list[Job] = field(default_factory=list)
    deaths: int = 0


class ReplicaPool:
    """Starts replicas, or joins a cluster where ``RAY_ADDRESS`` names one.

    Args:
        options: the model each replica loads.
        kernels: the attention kernels that will be asked for.
        replicas: how many; None = one per device, or one where the model is spread or runs on processors.

    Raises:
        UsageError: more replicas than the cluster has room for.
        KVGuardError: what is wrong with the model.
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
        # Every job runs alone in its replica: one processor each is what Ray plans with, threads are torch's matter.
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
                made = self._ray.get(done)
            except self._ray.exceptions.RayActorError as error:
                self.replicas[number] = self._start()
                portion.deaths += 1
                if portion.deaths < MOST_DEATHS:
                    waiting.append(portion)
                    continue
                made = [_gave_up(error)] * len(portion.jobs)
            outcomes.update(zip(portion.jobs, made, strict=True))
            _tell(portion.jobs, made, on_generated)
            if progress:
                progress("decode on Ray", len(outcomes), len(set(jobs)))
        return [outcomes[job] for job in jobs]

    def close(self) -> None:
        """End the replicas; a cluster that others use goes on."""
        for replica in self.replicas:
            self._ray.kill(replica)
        self.replicas.clear()


def accelerators_of_each(device: str, accelerators: int, replicas: int | None) -> int:
    """Return how many accelerators of a cluster one replica has; 0 on processors.

    Args:
        device: as asked for; a model that is spread takes an even share of all.
        accelerators: of the cluster.
        replicas: as asked for.
    """
    if device == SPREAD and accelerators:
        return max(1, accelerators // (replicas or 1))
    return 0 if device == SPREAD or device.partition(":")[0] == "cpu" else 1


def _portions(jobs: Sequence[Job], count: int) -> list[Portion]:
    """Cut distinct jobs into about so many portions, no context in two."""
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


def _tell(jobs: Sequence[Job], made: Sequence[Generation | Exception], on_generated: OnGenerated | None) -> None:
    for job, outcome in zip(jobs, made, strict=True):
        if on_generated and not isinstance(outcome, Exception):
            on_generated(job, outcome)


def _gave_up(error: Exception) -> RunError:
    first = str(error).strip().splitlines()[0]
    return RunError(
        f"{MOST_DEATHS} replicas died of these jobs, the last one so: {first} Look at the memory of the machines, and "
        "run the contract without --kv-executor=ray to see what happens."
    )
