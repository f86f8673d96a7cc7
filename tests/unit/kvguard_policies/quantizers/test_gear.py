"""GEAR: when tokens are packed, how many bytes they take, and which options are refused."""

from __future__ import annotations

import pytest
import torch

from kvguard_policies import PolicyError, load
from kvguard_policies.quantizers.gear import Gear
from kvguard_policies.spec import SpecError

HEADS, SIZE, GROUP = 2, 12, 4


def vectors(tokens: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(HEADS, tokens, SIZE, generator=torch.Generator().manual_seed(seed))


def error(gear: Gear, tokens: int = 48) -> tuple[float, float]:
    keys, values = vectors(tokens), vectors(tokens, seed=1)
    read = gear.store(keys, values).read()
    return tuple(float((one - other).norm()) for one, other in zip(read, (keys, values), strict=True))


@pytest.mark.parametrize("residual", [0, 4, 8])
@pytest.mark.parametrize("tokens", range(1, 26))
def test_tokens_are_packed_in_full_windows(tokens: int, residual: int) -> None:
    keys, values = vectors(tokens), vectors(tokens, seed=1)
    store = Gear(group=GROUP, residual=residual, rank=1).store(keys, values)
    exact = tokens % (residual or GROUP)
    assert store.exact_tokens == (exact, exact)
    for before, after in zip((keys, values), store.read(), strict=True):
        packed = tokens - exact
        assert torch.equal(after[:, packed:], before[:, packed:])
        assert packed == 0 or (after[:, :packed] != before[:, :packed]).any(-1).all(), "every packed token is rounded"


@pytest.mark.parametrize("rank", [0, 1, 3])
@pytest.mark.parametrize("outliers", [0, 0.25])
@pytest.mark.parametrize("bits", [2, 4, 8])
@pytest.mark.parametrize("tokens", [3, 4, 11, 16])
def test_bytes_are_those_of_backbone_directions_outliers_and_exact_tokens(
    tokens: int, bits: int, outliers: float, rank: int
) -> None:
    store = Gear(bits=bits, group=GROUP, residual=0, rank=rank, outliers=outliers).store(
        vectors(tokens), vectors(tokens)
    )
    packed = tokens - tokens % GROUP
    codes = 2 * HEADS * SIZE * packed * bits // 8
    scales = HEADS * SIZE * (packed // GROUP) + HEADS * packed * (SIZE // GROUP)
    directions = 2 * HEADS * (packed + SIZE) * rank if packed else 0
    taken = [0, 0]
    if outliers and packed:
        taken = [2 * min(round(outliers * n / 2), (n - 1) // 2) for n in (packed, SIZE)]
    sparse = HEADS * (taken[0] * SIZE + taken[1] * packed)
    exact = 2 * 4 * HEADS * SIZE * (tokens - packed)
    assert store.nbytes == codes + 2 * 4 * scales + 4 * directions + (4 + 2) * sparse + exact


def test_each_part_reduces_the_error() -> None:
    options = {"bits": 2, "group": GROUP, "residual": 0}
    backbone = error(Gear(**options, rank=0, outliers=0))
    for better in (error(Gear(**options, rank=2, outliers=0)), error(Gear(**options, rank=0, outliers=0.2))):
        assert all(one < 0.95 * other for one, other in zip(better, backbone, strict=True))
        both = error(Gear(**options, rank=2, outliers=0.2))
        assert all(one < other for one, other in zip(both, better, strict=True))


def test_outliers_come_back_exactly_and_do_not_widen_the_levels_of_their_group() -> None:
    keys = vectors(16)
    keys[:, 5, :] *= 1000
    read = Gear(bits=2, group=16, residual=0, rank=0, outliers=0.1).store(keys, vectors(16)).read()[0]
    assert torch.equal(read[:, 5], keys[:, 5])
    assert (read - keys).abs().max() < 2


def test_a_head_is_packed_as_if_it_were_alone() -> None:
    gear = Gear(group=GROUP, residual=4, rank=2)
    together = gear.store(vectors(19), vectors(19, seed=1)).read()
    for head in range(HEADS):
        alone = gear.store(vectors(19)[head : head + 1], vectors(19, seed=1)[head : head + 1]).read()
        for one, other in zip(alone, together, strict=True):
            torch.testing.assert_close(one[0], other[head], atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("steps", [(1,) * 24, (5, 1, 1, 9, 8), (24,)])
def test_later_tokens_are_packed_in_their_own_windows(steps: tuple[int, ...]) -> None:
    gear, keys, values = Gear(bits=4, group=GROUP, residual=8, rank=1), vectors(34), vectors(34, seed=1)
    grown = gear.store(keys[:, :10], values[:, :10])
    at = 10
    for step in steps:
        grown.append(keys[:, at : at + step], values[:, at : at + step])
        at += step
    grown.append(keys[:, :0], values[:, :0])  # packs the tokens that have left the window
    assert grown.exact_tokens == (2, 2)
    for before, after in zip((keys, values), grown.read(), strict=True):
        assert torch.equal(after[:, 32:], before[:, 32:])
        assert 0 < (after - before).norm() < 0.1 * before.norm()


def test_a_copy_grows_on_its_own() -> None:
    store = Gear(group=GROUP, residual=4, rank=1).store(vectors(9), vectors(9))
    before, twin = [half.clone() for half in store.read()], store.copy()
    for seed in range(8):
        twin.append(vectors(1, seed), vectors(1, seed))
    assert all(torch.equal(one, other) for one, other in zip(before, store.read(), strict=True))
    assert twin.read()[0].shape[1] == 17


def test_vectors_are_read_in_their_own_dtype() -> None:
    half = vectors(8).bfloat16()
    store = Gear(group=GROUP, residual=0, rank=1, outliers=0).store(half, half)
    assert all(part.dtype == torch.bfloat16 for part in store.read())
    exact = Gear(group=GROUP, residual=0, rank=1, outliers=0).store(vectors(8), vectors(8))
    assert store.nbytes < exact.nbytes


def test_a_rank_as_high_as_the_heads_are_wide_is_refused() -> None:
    with pytest.raises(PolicyError, match=r"rank=12 is not below the head size of 12, .* write e\.g\. rank=4"):
        Gear(rank=SIZE).store(vectors(64), vectors(64))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("gear(bits=3)", r"bits=3 is not one of 2, 4, 8"),
        ("gear(group=1)", r"group=1 is not a whole number of 2 or more"),
        ("gear(residual=40)", r"residual=40 is not a multiple of group=32, .* some lengths only; .* residual=32"),
        ("gear(residual=16)", r"residual=16 is not a multiple of group=32, .* write e\.g\. residual=32"),
        ("gear(rank=-1)", r"rank=-1 is not a whole number of 0 or more"),
        ("gear(rank=32)", r"rank=32 is not below the 32 tokens that are packed together, .* write e\.g\. rank=4"),
        ("gear(outliers=2)", r"outliers=2 is outside 0\.\.0\.5"),
        ("gear(kivi)", r"kivi quantizes already; write gear around a policy that evicts"),
        ("gear(ranks=2)", r"Its options: base, bits, group, residual, rank, outliers\."),
    ],
)
def test_a_wrong_option_is_refused_with_a_right_one(spec: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        load(spec)
