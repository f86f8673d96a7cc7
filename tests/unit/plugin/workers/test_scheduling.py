"""The scheduler sends each contract to one of xdist's workers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

pytest.importorskip("xdist")

from pytest_kvguard.plugin.workers.ending import RERUN  # noqa: E402
from pytest_kvguard.plugin.workers.scheduling import ContractScheduling, forgive_crash  # noqa: E402

SHOP = [f"cases/shop.kv.yaml::opening::{name}[snapkv-0.5]" for name in ("hours", "tone", "secret", "extra")]
BAKERY = [f"cases/bakery.kv.yaml::opening::{name}[snapkv-0.5]" for name in ("hours", "tone", "brief")]
PYTHON = [f"test_python.py::test_{number}" for number in range(3)]


class Worker:
    """A worker that records the tests it receives."""

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.shutting_down = False
        self.gateway = self
        self.id = "gw"

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        self.sent += indices

    def shutdown(self) -> None:
        self.shutting_down = True


@pytest.fixture
def scheduler(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> ContractScheduling:
    monkeypatch.setattr(pytestconfig.option, "tx", ["2*popen"])
    monkeypatch.setattr(pytestconfig.option, "loadscopereorder", True)
    return ContractScheduling(pytestconfig)


def start(scheduler: ContractScheduling, collection: list[str]) -> tuple[Worker, Worker]:
    workers = Worker(), Worker()
    for worker in workers:
        scheduler.add_node(worker)  # type: ignore[arg-type]
    for worker in workers:
        scheduler.add_node_collection(worker, collection)  # type: ignore[arg-type]
    scheduler.schedule()
    return workers


def test_contracts_are_sent_whole_largest_first_and_other_tests_one_by_one(scheduler: ContractScheduling) -> None:
    collection = [*PYTHON, *BAKERY, *SHOP]
    first, second = start(scheduler, collection)
    assert [collection[index] for index in first.sent] == SHOP
    assert [collection[index] for index in second.sent] == BAKERY
    scheduler.mark_test_complete(second, second.sent[0])  # type: ignore[arg-type]
    assert [collection[index] for index in second.sent] == [*BAKERY, PYTHON[0]]


def test_tests_of_a_crashed_worker_go_to_another_and_the_crashing_item_is_rerun_once(
    scheduler: ContractScheduling,
) -> None:
    collection = [*BAKERY, *SHOP, *PYTHON]
    first, second = start(scheduler, collection)
    scheduler.mark_test_complete(first, first.sent[0])  # type: ignore[arg-type]
    for index in second.sent[:2]:
        scheduler.mark_test_complete(second, index)  # type: ignore[arg-type]
    crashed = scheduler.remove_node(first)  # type: ignore[arg-type]
    assert crashed == SHOP[1]
    scheduler.schedule()
    left = {name for work in scheduler.workqueue.values() for name, done in work.items() if not done}
    assert left | {collection[index] for index in second.sent} == {*BAKERY, *SHOP[1:], *PYTHON}
    assert crash_outcome(scheduler, crashed) == RERUN


def crash_outcome(scheduler: ContractScheduling, crashed: str) -> str:
    report: Any = pytest.TestReport(crashed, ("shop.kv.yaml", 0, ""), {}, "failed", "gone", "call")
    forgive_crash(crashed, report, scheduler)
    return str(report.outcome)


def test_an_item_that_two_workers_died_of_has_failed_and_does_not_run_again(scheduler: ContractScheduling) -> None:
    first, _ = start(scheduler, [*SHOP, *BAKERY])
    assert scheduler.remove_node(first) == SHOP[0]  # type: ignore[arg-type]
    second = replacement(scheduler, [*SHOP, *BAKERY])
    assert second.sent == [0, 1, 2, 3]
    assert scheduler.remove_node(second) == SHOP[0]  # type: ignore[arg-type]
    assert crash_outcome(scheduler, SHOP[0]) == "failed"
    assert replacement(scheduler, [*SHOP, *BAKERY]).sent == [1, 2, 3]


def replacement(scheduler: ContractScheduling, collection: list[str]) -> Worker:
    worker = Worker()
    scheduler.add_node(worker)  # type: ignore[arg-type]
    scheduler.add_node_collection(worker, collection)  # type: ignore[arg-type]
    scheduler.schedule()
    return worker


def test_a_replacement_that_still_collects_is_given_nothing(scheduler: ContractScheduling) -> None:
    first, second = start(scheduler, [*SHOP, *BAKERY])
    scheduler.remove_node(first)  # type: ignore[arg-type]
    collecting = Worker()
    scheduler.add_node(collecting)  # type: ignore[arg-type]
    scheduler.remove_node(second)  # type: ignore[arg-type]
    assert collecting.sent == [] and not collecting.shutting_down


def test_contracts_that_a_dead_worker_had_finished_are_not_handed_out_again(scheduler: ContractScheduling) -> None:
    collection = [*BAKERY, *PYTHON]
    first, _ = start(scheduler, collection)
    for index in list(first.sent):
        scheduler.mark_test_complete(first, index)  # type: ignore[arg-type]
    scheduler.remove_node(first)  # type: ignore[arg-type]
    assert all(not all(unit.values()) for unit in scheduler.workqueue.values())


def test_a_replacement_with_other_tests_ends_the_run_with_a_word(scheduler: ContractScheduling) -> None:
    first, _ = start(scheduler, [*SHOP, *BAKERY])
    scheduler.remove_node(first)  # type: ignore[arg-type]
    with pytest.raises(pytest.exit.Exception, match="collected other tests than the first workers"):
        replacement(scheduler, SHOP)
