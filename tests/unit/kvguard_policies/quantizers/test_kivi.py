"""KIVI: when tokens are packed, how many bytes they take, and which options are refused."""

from __future__ import annotations

import pytest
import torch

from kvguard_policies import load
from kvguard_policies.quantizers.kivi import Kivi
from kvguard_policies.spec import SpecError

HEADS, SIZE, GROUP = 2, 12, 4


def vectors(tokens: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(HEADS, tokens, SIZE, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("residual", [0, 4, 8])
@pytest.mark.parametrize("tokens", range(1, 26))
def test_keys_are_packed_in_full_windows_and_values_as_they_leave_the_window(tokens: int, residual: int) -> None:
    keys, values = vectors(tokens), vectors(tokens, seed=1)
    store = Kivi(bits=2, group=GROUP, residual=residual).store(keys, values)
    whole = residual or GROUP
    assert store.exact_tokens == (tokens % whole, min(tokens, residual))
    for exact, before, after in zip(store.exact_tokens, (keys, values), store.read(), strict=True):
        packed = tokens - exact
        assert torch.equal(after[:, packed:], before[:, packed:])
        assert not packed or not torch.equal(after[:, :packed], before[:, :packed])
        assert packed == 0 or (after[:, :packed] != before[:, :packed]).any(-1).all(), "every packed token is rounded"


@pytest.mark.parametrize("residual", [0, 4, 8])
@pytest.mark.parametrize("bits", [2, 4, 8])
@pytest.mark.parametrize("tokens", [3, 4, 5, 8, 11, 16, 25])
def test_bytes_are_those_of_codes_scales_zeros_and_exact_tokens(tokens: int, bits: int, residual: int) -> None:
    store = Kivi(bits=bits, group=GROUP, residual=residual).store(vectors(tokens), vectors(tokens))
    exact_keys, exact_values = store.exact_tokens
    packed_keys, packed_values = tokens - exact_keys, tokens - exact_values
    codes = HEADS * SIZE * (packed_keys + packed_values) * bits // 8
    scales = HEADS * SIZE * (packed_keys // GROUP) + HEADS * packed_values * (SIZE // GROUP)
    assert store.nbytes == codes + 2 * 4 * scales + 4 * HEADS * SIZE * (exact_keys + exact_values)


@pytest.mark.parametrize("steps", [(1,) * 24, (5, 1, 1, 9, 8), (24,), (3,) * 8])
@pytest.mark.parametrize("residual", [0, 4, 8])
def test_tokens_appended_in_steps_are_stored_as_tokens_of_a_context(steps: tuple[int, ...], residual: int) -> None:
    quantizer, keys, values = Kivi(bits=4, group=GROUP, residual=residual), vectors(30), vectors(30, seed=1)
    grown = quantizer.store(keys[:, :6], values[:, :6])
    at = 6
    for step in steps:
        grown.append(keys[:, at : at + step], values[:, at : at + step])
        at += step
    grown.append(keys[:, :0], values[:, :0])  # packs the tokens that have left the window
    for one, other in zip(grown.read(), quantizer.store(keys, values).read(), strict=True):
        assert torch.equal(one, other)


def test_new_tokens_are_read_exactly_until_the_next_call() -> None:
    keys, values = vectors(14), vectors(14, seed=1)
    store = Kivi(bits=2, group=GROUP, residual=4).store(keys[:, :6], values[:, :6])
    (first, changed_keys), _ = store.append(keys[:, 6:], values[:, 6:])
    assert (first, changed_keys.shape[1]) == (4, 0)
    assert torch.equal(store.read()[0][:, 6:], keys[:, 6:])
    (first, changed_keys), (first_value, changed_values) = store.append(keys[:, :1], values[:, :1])
    assert (first, changed_keys.shape[1], first_value, changed_values.shape[1]) == (4, 8, 2, 8)
    assert torch.equal(store.read()[0][:, 4:12], changed_keys) and not torch.equal(changed_keys, keys[:, 4:12])


def test_a_copy_grows_on_its_own() -> None:
    store = Kivi(bits=2, group=GROUP, residual=4).store(vectors(9), vectors(9))
    before, twin = [half.clone() for half in store.read()], store.copy()
    for seed in range(8):
        twin.append(vectors(1, seed), vectors(1, seed))
    assert all(torch.equal(one, other) for one, other in zip(before, store.read(), strict=True))
    assert twin.read()[0].shape[1] == 17


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("kivi(bits=3)", r"bits=3 is not one of 2, 4, 8; write e\.g\. bits=4"),
        ("kivi(group=1)", r"group=1 is not a whole number of 2 or more"),
        ("kivi(residual=-32)", r"residual=-32 is not a whole number of 0 or more"),
        ("kivi(residual=40)", r"residual=40 is not a multiple of group=32, .* write e\.g\. residual=32"),
        ("kivi(residual=16)", r"residual=16 is not a multiple of group=32, .* write e\.g\. residual=32"),
        ("kivi(2)", r"kivi\(2\) wraps no policy; name the option, e\.g\. kivi\(residual=16\), or write kivi\(snapkv\)"),
        ("kivi(kivi)", r"kivi quantizes already; write kivi around a policy that evicts"),
        ("keep(kivi)", r"write kivi outside: kivi\(keep\(snapkv\)\)"),
        ("kivi(bit=2)", r"Its options: base, bits, group, residual\."),
        ("kivy", r"Unknown policy 'kivy'\. Did you mean 'kivi'\?"),
    ],
)
def test_a_wrong_option_is_refused_with_a_right_one(spec: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        load(spec)
