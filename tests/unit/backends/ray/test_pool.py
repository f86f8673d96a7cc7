"""Replicas on Ray answer as one process does, also when one of them is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="needs the extra ray")

from kvguard_policies import Layout  # noqa: E402
from pytest_kvguard.backends.ray.pool import MOST_DEATHS, ReplicaPool, _portions  # noqa: E402
from pytest_kvguard.engine.jobs import Generation, Job  # noqa: E402
from pytest_kvguard.engine.planner import try_jobs  # noqa: E402
from pytest_kvguard.errors import ModelError, PromptError, RunError, UsageError  # noqa: E402
from pytest_kvguard.models.load_model import ModelOptions, load_model  # noqa: E402
from pytest_kvguard.values.cell import Cell  # noqa: E402
from tests.models import random_ids  # noqa: E402
from tests.tiny_model import save_tiny_model  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # Ray warns of its own future


def jobs_of(contexts: int) -> list[Job]:
    jobs = []
    for number in range(contexts):
        ids = tuple(random_ids(40, seed=number))
        plain = Job(ids, 36, Layout(36), max_new_tokens=6)
        jobs += [plain, replace(plain, cell=Cell.of("snapkv", "0.5"))]
    return jobs


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> ModelOptions:
    return ModelOptions(str(save_tiny_model(tmp_path_factory.mktemp("model"))))


@pytest.fixture(scope="module")
def pool(options: ModelOptions) -> Iterator[ReplicaPool]:
    import ray

    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False, configure_logging=False)
    replica_pool = ReplicaPool(options, ["sdpa"], 2)
    yield replica_pool
    replica_pool.close()
    ray.shutdown()


def comparable(outcomes: list[Generation | Exception]) -> list[object]:
    """Return outcomes as text, since tensors cannot be compared by ``==``."""
    return [repr(outcome) for outcome in outcomes]


def test_replies_and_errors_are_those_of_one_process(pool: ReplicaPool, options: ModelOptions) -> None:
    jobs = jobs_of(6)
    jobs += [jobs[0], replace(jobs[0], max_new_tokens=5000)]
    told: list[Job] = []
    outcomes = pool.try_jobs(jobs, on_generated=lambda job, generation: told.append(job))
    assert comparable(outcomes) == comparable(try_jobs(load_model(options), jobs))
    assert isinstance(outcomes[-1], PromptError)
    assert sorted(map(repr, told)) == sorted(map(repr, set(jobs[:-1])))
    assert pool.facts.title.endswith("(float32 on cpu)") and pool.facts.null_changes[0] == "bfloat16"


def test_jobs_of_a_replica_that_is_killed_go_to_others(pool: ReplicaPool, options: ModelOptions) -> None:
    import ray

    jobs, dead = jobs_of(8), []

    def kill_one(job: Job, generation: Generation) -> None:
        if not dead:
            dead.append(ray.get(pool.replicas[0].process_id.remote()))
            os.kill(dead[0], signal.SIGKILL)

    outcomes = pool.try_jobs(jobs, on_generated=kill_one)
    assert comparable(outcomes) == comparable(try_jobs(load_model(options), jobs))
    assert ray.get(pool.replicas[0].process_id.remote()) != dead[0], "another one took its place"


def test_jobs_that_kill_every_replica_are_errors_and_the_others_are_answered(
    pool: ReplicaPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deadly_policy.py").write_text(
        "import os\nfrom kvguard_policies.scores.knorm import KNorm\n"
        "class Deadly(KNorm):\n    def needs(self, layout):\n        os._exit(1)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    pool.replicas = [pool._start() for _ in pool.replicas]
    fine = jobs_of(3)
    deadly = replace(jobs_of(4)[-1], cell=Cell.of("deadly_policy:Deadly", "0.5"))
    outcomes = pool.try_jobs([*fine, deadly])
    assert all(isinstance(outcome, Generation) for outcome in outcomes[: len(fine)])
    assert isinstance(outcomes[-1], RunError) and f"{MOST_DEATHS} replicas died" in str(outcomes[-1])


def test_an_error_of_the_model_is_the_one_of_a_single_process(pool: ReplicaPool) -> None:
    with pytest.raises(ModelError, match="there is no such directory"):
        ReplicaPool(ModelOptions("/no/such/model"), ["sdpa"], 1)


def test_more_replicas_than_the_cluster_has_room_for_are_refused(pool: ReplicaPool, options: ModelOptions) -> None:
    with pytest.raises(UsageError, match="kv_replicas=9: each needs a CPU, the Ray cluster has 4. Ask for"):
        ReplicaPool(options, ["sdpa"], 9)


def test_no_context_is_cut_and_nothing_is_left_out() -> None:
    jobs = jobs_of(5)
    portions = _portions([*jobs, *jobs], 3)
    assert [job for portion in portions for job in portion.jobs] == jobs
    assert len(portions) <= 3
    assert all(len({job.region for job in portion.jobs}) * 2 == len(portion.jobs) for portion in portions)
