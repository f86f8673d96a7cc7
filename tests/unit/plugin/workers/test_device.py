"""Each of xdist's workers is given one of the devices in turn."""

from __future__ import annotations

import pytest
import torch

from pytest_kvguard.plugin.workers.device import VISIBLE, choose_device, use_own_device


@pytest.mark.parametrize(
    ("worker", "visible", "count", "chosen"),
    [
        ("gw0", None, 2, "0"),
        ("gw1", None, 2, "1"),
        ("gw5", None, 4, "1"),
        ("gw1", "3, 5,7", 8, "5"),
        ("gw2", "GPU-8932f937,GPU-b1028956", 2, "GPU-8932f937"),
        ("gw1", "3", 8, None),
        ("gw1", "", 8, None),
        ("gw1", None, 1, None),
        ("gw1", None, 0, None),
        ("master", None, 2, None),
    ],
)
def test_devices_are_assigned_to_workers_in_turn(
    worker: str, visible: str | None, count: int, chosen: str | None
) -> None:
    assert choose_device(worker, visible, count) == chosen


@pytest.mark.parametrize(
    ("device", "worker", "after"),
    [("cuda", "gw1", {VISIBLE: "1"}), ("cuda:0", "gw1", {}), ("cpu", "gw1", {}), ("cuda", "", {})],
)
def test_only_a_worker_with_device_cuda_is_restricted_to_one(
    device: str, worker: str, after: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    environment: dict[str, str] = {}
    use_own_device(device, worker, environment)
    assert environment == after
