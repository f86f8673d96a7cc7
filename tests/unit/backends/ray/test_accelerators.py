"""The division of a cluster's accelerators among replicas, tested without Ray."""

from __future__ import annotations

import pytest

from pytest_kvguard.backends.ray.pool import accelerators_of_each


@pytest.mark.parametrize(
    ("device", "accelerators", "replicas", "each"),
    [
        ("cpu", 8, 2, 0),
        ("cuda", 8, 2, 1),
        ("cuda:0", 8, None, 1),
        ("auto", 8, None, 8),
        ("auto", 8, 2, 4),
        ("auto", 8, 3, 2),
        ("auto", 2, 3, 1),
        ("auto", 0, 2, 0),
    ],
)
def test_a_replica_has_one_accelerator_or_where_its_model_is_spread_an_even_share(
    device: str, accelerators: int, replicas: int | None, each: int
) -> None:
    assert accelerators_of_each(device, accelerators, replicas) == each
