"""Codes packed into bytes, and quantization groups as codes with a scale and a zero."""

from __future__ import annotations

import pytest
import torch

from kvguard_policies.quantizers.affine import (
    PACKABLE_BITS,
    PER_CHANNEL,
    PER_TOKEN,
    pack_bits,
    quantize_affine,
    unpack_bits,
)


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("bits", PACKABLE_BITS)
@pytest.mark.parametrize("count", range(10))
def test_any_number_of_codes_takes_the_fewest_bytes_and_is_unpacked_exactly(count: int, bits: int) -> None:
    codes = (torch.arange(count) * 37 % 2**bits).to(torch.uint8)
    packed = pack_bits(codes, bits)
    assert packed.dtype == torch.uint8 and packed.numel() == -(-count * bits // 8)
    assert torch.equal(unpack_bits(packed, bits, count), codes)


def test_the_first_code_lies_in_the_lowest_bits() -> None:
    assert pack_bits(torch.tensor([1, 2, 3, 0], dtype=torch.uint8), 2).tolist() == [0b00_11_10_01]
    assert pack_bits(torch.tensor([15, 1], dtype=torch.uint8), 4).tolist() == [0x1F]


@pytest.mark.parametrize("axis", [PER_CHANNEL, PER_TOKEN])
@pytest.mark.parametrize("bits", PACKABLE_BITS)
def test_no_number_moves_by_more_than_half_a_level_of_its_group(bits: int, axis: int) -> None:
    vectors = normal(2, 13, 12)
    packed = quantize_affine(vectors, bits, 4, axis)
    moved = (packed.unpack() - vectors).abs()
    for group, numbers in enumerate(moved.split(4, dim=axis)):
        half = packed.scale.narrow(axis, group, 1) / 2
        assert (numbers <= half * 1.0001).all()
    assert moved.max() > 0


def test_more_bits_move_numbers_less() -> None:
    vectors = normal(2, 32, 16)
    errors = [
        float((quantize_affine(vectors, bits, 32, PER_CHANNEL).unpack() - vectors).norm()) for bits in PACKABLE_BITS
    ]
    assert errors[0] > 3 * errors[1] > 9 * errors[2] > 0


def test_the_smallest_and_the_largest_number_of_a_group_stay_where_they_are() -> None:
    vectors = normal(1, 8, 3)
    back = quantize_affine(vectors, 2, 8, PER_CHANNEL).unpack()
    for reduce in (torch.amin, torch.amax):
        torch.testing.assert_close(reduce(back, 1), reduce(vectors, 1))


def test_a_group_of_keys_is_one_channel_of_neighbouring_tokens() -> None:
    vectors = normal(1, 8, 6)
    vectors[0, :, 2] *= 1000  # a channel of outliers, as keys have them
    per_channel, per_token = (quantize_affine(vectors, 2, 4, axis) for axis in (PER_CHANNEL, PER_TOKEN))
    others = [0, 1, 3, 4, 5]
    spoiled = [(packed.unpack() - vectors)[0, :, others].abs().max() for packed in (per_channel, per_token)]
    assert spoiled[0] < 2 < spoiled[1]
    assert per_channel.scale.shape == (1, 2, 6) and per_token.scale.shape == (1, 8, 2)


def test_a_constant_group_is_unpacked_exactly() -> None:
    vectors = torch.full((1, 5, 4), 3.25)
    assert torch.equal(quantize_affine(vectors, 4, 2, PER_TOKEN).unpack(), vectors)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_vectors_are_unpacked_in_their_own_dtype_with_scales_of_that_dtype(dtype: torch.dtype) -> None:
    packed = quantize_affine(normal(2, 8, 8).to(dtype), 4, 4, PER_TOKEN)
    assert packed.unpack().dtype == packed.scale.dtype == packed.zero.dtype == dtype
    assert packed.nbytes == 2 * 8 * 8 // 2 + 2 * (2 * 8 * 2) * dtype.itemsize


@pytest.mark.parametrize("axis", [PER_CHANNEL, PER_TOKEN])
def test_a_head_is_packed_as_if_it_were_alone(axis: int) -> None:
    vectors = normal(3, 7, 8)
    together = quantize_affine(vectors, 2, 4, axis).unpack()
    for head in range(3):
        assert torch.equal(quantize_affine(vectors[head : head + 1], 2, 4, axis).unpack()[0], together[head])
