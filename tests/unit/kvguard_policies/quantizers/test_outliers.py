"""Outliers: which numbers are taken out, what is left in their places, and that they come back."""

from __future__ import annotations

import pytest
import torch

from kvguard_policies.quantizers.outliers import split_outliers

ALONG_TOKENS, ALONG_CHANNELS = 1, 2


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_the_ends_of_a_line_are_taken_and_moved_to_their_neighbours() -> None:
    rows = torch.tensor([[[5.0, -9.0, 1.0, 2.0, 8.0, -1.0, 3.0, 0.0]]])
    outliers, rest = split_outliers(rows, 0.5, ALONG_CHANNELS)
    assert outliers.values.tolist() == [[[-9.0, -1.0, 5.0, 8.0]]]
    assert outliers.index.tolist() == [[[1, 5, 0, 4]]]
    assert rest.tolist() == [[[3.0, 0.0, 1.0, 2.0, 3.0, 0.0, 3.0, 0.0]]]
    assert torch.equal(outliers.put_back(rest), rows)


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
    rows = normal(2, 9, 9)
    one, other = split_outliers(rows, 0.3, ALONG_TOKENS), split_outliers(rows.mT.contiguous(), 0.3, ALONG_CHANNELS)
    assert torch.equal(one[0].values.mT, other[0].values) and torch.equal(one[1].mT, other[1])


def test_places_past_what_two_bytes_count_take_four() -> None:
    assert split_outliers(normal(1, 2**15 - 1, 1), 0.001, ALONG_TOKENS)[0].index.dtype == torch.int16
    long = normal(1, 2**15 + 9, 1)
    long[0, -1] = 100.0
    outliers, rest = split_outliers(long, 0.001, ALONG_TOKENS)
    assert outliers.index.dtype == torch.int32 and int(outliers.index.max()) == 2**15 + 8
    assert torch.equal(outliers.put_back(rest), long)
