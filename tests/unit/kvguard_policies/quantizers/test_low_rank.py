"""The low-rank approximation, held against a singular value decomposition."""

from __future__ import annotations

import pytest
import torch

from kvguard_policies.quantizers.low_rank import approximate


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("tokens", [3, 8, 40])
@pytest.mark.parametrize("rank", [0, 1, 2])
def test_no_other_matrix_of_the_rank_is_closer(rank: int, tokens: int) -> None:
    rows = normal(3, tokens, 8)
    u, s, vt = torch.linalg.svd(rows, full_matrices=False)
    best = (u[..., :rank] * s[:, None, :rank]) @ vt[:, :rank]
    torch.testing.assert_close(approximate(rows, rank, torch.float32).rows(), best, atol=1e-5, rtol=1e-5)


def test_rows_of_the_rank_come_back() -> None:
    rows = normal(2, 30, 2) @ normal(2, 2, 12)
    torch.testing.assert_close(approximate(rows, 2, torch.float32).rows(), rows, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_bytes_are_those_of_weights_and_directions(dtype: torch.dtype) -> None:
    assert approximate(normal(3, 10, 8), 2, dtype).nbytes == 3 * (10 + 8) * 2 * dtype.itemsize
