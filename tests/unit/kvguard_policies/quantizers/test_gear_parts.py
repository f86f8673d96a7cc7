"""The parts of GEAR: exact outliers and their places, and a low-rank approximation held against the SVD."""

from __future__ import annotations

import pytest
import torch

from kvguard_policies.quantizers.gear import approximate, split_outliers

ALONG_TOKENS, ALONG_CHANNELS = 1, 2


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_the_ends_of_a_line_are_taken_and_moved_to_their_neighbours() -> None:
    vectors = torch.tensor([[[5.0, -9.0, 1.0, 2.0, 8.0, -1.0, 3.0, 0.0]]])
    outliers, rest = split_outliers(vectors, 0.5, ALONG_CHANNELS)
    assert outliers.values.tolist() == [[[-9.0, -1.0, 5.0, 8.0]]]
    assert outliers.index.tolist() == [[[1, 5, 0, 4]]]
    assert rest.tolist() == [[[3.0, 0.0, 1.0, 2.0, 3.0, 0.0, 3.0, 0.0]]]
    assert torch.equal(outliers.put_back(rest), vectors)


@pytest.mark.parametrize("axis", [ALONG_TOKENS, ALONG_CHANNELS])
@pytest.mark.parametrize(("share", "each"), [(0.0, 0), (0.01, 0), (0.2, 1), (0.3, 2), (0.5, 3)])
def test_half_of_the_share_lies_at_each_end(share: float, each: int, axis: int) -> None:
    outliers, rest = split_outliers(normal(2, 12, 12), share, axis)
    assert outliers.values.shape[axis] == outliers.index.shape[axis] == 2 * each
    assert outliers.nbytes == 2 * 12 * 2 * each * (4 + 2)
    assert torch.equal(outliers.put_back(rest), normal(2, 12, 12))


@pytest.mark.parametrize(("length", "taken"), [(1, 0), (2, 0), (3, 2), (4, 2)])
def test_a_short_line_keeps_a_number_that_is_no_outlier(length: int, taken: int) -> None:
    outliers, rest = split_outliers(normal(1, length, 3), 1.0, ALONG_TOKENS)
    assert outliers.values.shape[1] == taken
    assert torch.equal(outliers.put_back(rest), normal(1, length, 3))


def test_the_two_axes_are_each_others_mirror() -> None:
    vectors = normal(2, 9, 9)
    one, other = (
        split_outliers(vectors, 0.3, ALONG_TOKENS),
        split_outliers(vectors.mT.contiguous(), 0.3, ALONG_CHANNELS),
    )
    assert torch.equal(one[0].values.mT, other[0].values) and torch.equal(one[1].mT, other[1])


def test_places_past_what_two_bytes_count_take_four() -> None:
    assert split_outliers(normal(1, 2**15 - 1, 1), 0.001, ALONG_TOKENS)[0].index.dtype == torch.int16
    long = normal(1, 2**15 + 9, 1)
    long[0, -1] = 100.0
    outliers, rest = split_outliers(long, 0.001, ALONG_TOKENS)
    assert outliers.index.dtype == torch.int32 and int(outliers.index.max()) == 2**15 + 8
    assert torch.equal(outliers.put_back(rest), long)


@pytest.mark.parametrize("tokens", [3, 8, 40])
@pytest.mark.parametrize("rank", [0, 1, 2])
def test_no_other_matrix_of_the_rank_is_closer(rank: int, tokens: int) -> None:
    vectors = normal(3, tokens, 8)
    u, s, vt = torch.linalg.svd(vectors, full_matrices=False)
    best = (u[..., :rank] * s[:, None, :rank]) @ vt[:, :rank]
    torch.testing.assert_close(approximate(vectors, rank, torch.float32).vectors(), best, atol=1e-5, rtol=1e-5)


def test_vectors_of_the_rank_are_approximated_exactly() -> None:
    vectors = normal(2, 30, 2) @ normal(2, 2, 12)
    torch.testing.assert_close(approximate(vectors, 2, torch.float32).vectors(), vectors, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_bytes_are_those_of_weights_and_directions(dtype: torch.dtype) -> None:
    assert approximate(normal(3, 10, 8), 2, dtype).nbytes == 3 * (10 + 8) * 2 * dtype.itemsize
