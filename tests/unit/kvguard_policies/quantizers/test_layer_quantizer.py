"""Stores around layers of transformers: they return what the layer returns, and count the bytes that it holds."""

from __future__ import annotations

import pytest
import torch

from kvguard_policies import PolicyError, load
from kvguard_policies.extras import EXTRAS, check_extra
from kvguard_policies.quantizers.layer_quantizer import held_bytes
from kvguard_policies.spec import SpecError
from tests.installed import installed_or_skipped

HEADS, SIZE = 3, 64
SPECS = tuple(
    map(
        installed_or_skipped,
        (
            "quanto(residual=4)",
            "quanto(bits=2, group=32, residual=4)",
            "hqq(residual=4)",
            "hqq(bits=2, residual=4)",
            "fp8",
        ),
    )
)


def vectors(tokens: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(HEADS, tokens, SIZE, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("spec", SPECS)
def test_attention_reads_what_the_layer_of_transformers_returns(spec: str) -> None:
    quantizer, keys, values = load(spec), vectors(30), vectors(30, seed=1)
    store, layer = quantizer.store(keys[:, :9], values[:, :9]), quantizer.make_layer()
    layer.update(keys[None, :, :9], values[None, :, :9])
    buffers = [half.clone() for half in store.read()]
    for at in range(9, 30):
        new = keys[:, at : at + 1], values[:, at : at + 1]
        changed = store.append(*new)
        returned = layer.update(*(half[None] for half in new))
        for number, (first, vectors_read) in enumerate(changed):
            whole = torch.cat([buffers[number], new[number]], dim=1)
            whole[:, first : first + vectors_read.shape[1]] = vectors_read
            buffers[number] = whole
            assert torch.equal(whole, returned[number][0])


@pytest.mark.parametrize("tokens", [1, 2, 7, 33])
@pytest.mark.parametrize("spec", SPECS)
def test_the_whole_context_is_packed_with_an_error(spec: str, tokens: int) -> None:
    store = load(spec).store(vectors(tokens), vectors(tokens, seed=1))
    assert store.exact_tokens == (0, 0)
    for before, after in zip((vectors(tokens), vectors(tokens, seed=1)), store.read(), strict=True):
        assert after.shape == before.shape and after.dtype == before.dtype
        assert 0 < (after - before).norm() < 0.7 * before.norm()


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec != "fp8"])
def test_new_tokens_stay_exact_until_the_residual_is_full(spec: str) -> None:
    store = load(spec).store(vectors(9), vectors(9))
    exact = []
    for seed in range(8):
        store.append(vectors(1, seed), vectors(1, seed))
        exact.append(store.exact_tokens)
    assert exact == [(n, n) for n in (1, 2, 3, 0, 1, 2, 3, 0)]


@pytest.mark.parametrize(
    ("spec", "held"),
    [
        installed_or_skipped("quanto", 2 * HEADS * 10 * (SIZE // 2 + 4 + 4)),
        installed_or_skipped("hqq(bits=8)", 2 * HEADS * 10 * (SIZE + 4 + 4)),
        installed_or_skipped("hqq", 2 * HEADS * 10 * (SIZE // 2 + 4 + 4)),
        installed_or_skipped("fp8", 2 * (HEADS * 10 * SIZE + 4)),
    ],
)
def test_bytes_are_those_of_codes_scales_zeros_and_exact_tokens(spec: str, held: int) -> None:
    store = load(spec).store(vectors(10), vectors(10))
    assert store.nbytes == held
    store.append(vectors(2), vectors(2))
    assert store.nbytes - held == 2 * 2 * HEADS * SIZE * (1 if spec == "fp8" else 4)


@pytest.mark.parametrize("spec", SPECS)
def test_a_copy_grows_on_its_own(spec: str) -> None:
    store = load(spec).store(vectors(9), vectors(9))
    store.append(vectors(1), vectors(1))
    before, twin = [half.clone() for half in store.read()], store.copy()
    for seed in range(9):
        twin.append(vectors(1, seed), vectors(1, seed))
    assert all(torch.equal(one, other) for one, other in zip(before, store.read(), strict=True))
    assert twin.read()[0].shape[1] == 19


@pytest.mark.parametrize("spec", SPECS)
def test_no_new_tokens_change_nothing(spec: str) -> None:
    store = load(spec).store(vectors(9), vectors(9))
    before = store.read()
    (_, keys), (_, values) = store.append(vectors(0), vectors(0))
    assert keys.shape[1] == values.shape[1] == 0
    assert all(torch.equal(one, other) for one, other in zip(before, store.read(), strict=True))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        installed_or_skipped(
            "quanto(group=128)", r"group=128 does not divide the 192 .* some lengths only; .* group=96"
        ),
        installed_or_skipped("hqq(group=128)", r"group=128 takes 128 numbers at a time, and a token adds 192"),
        installed_or_skipped("hqq(key_axis=1)", r"4 bits and axis 1 takes 128 .* or key_axis=0, value_axis=0"),
    ],
)
def test_groups_that_are_whole_at_some_lengths_only_are_refused_at_every_length(spec: str, message: str) -> None:
    for tokens in (1, 2, 64):
        with pytest.raises(PolicyError, match=message):
            load(spec).store(vectors(tokens), vectors(tokens))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("quanto(bits=8)", r"bits=8 is not one of 4, 2; write e\.g\. bits=4"),
        ("quanto(residual=0)", r"residual=0 is not a whole number of 1 or more"),
        ("hqq(bits=5)", r"bits=5 is not one of 8, 4, 3, 2, 1"),
        ("hqq(key_axis=2)", r"key_axis=2 is not one of 0, 1"),
        ("hqq(bits=2, group=6)", r"group=6 cannot be packed at 2 bits: it is not a multiple of 4"),
        ("hqq(quanto)", r"quanto"),
        ("fp8(bits=4)", r"Its options: base\."),
    ],
)
def test_a_wrong_option_is_refused_with_a_right_one(spec: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        load(spec)


def test_a_package_that_is_missing_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXTRAS, "hqq", "surely-not-installed")
    with pytest.raises(PolicyError, match=r"hqq needs the package surely-not-installed.*'pytest-kvguard\[hqq\]'"):
        check_extra("hqq", "hqq")
    with pytest.raises(SpecError, match=r"'hqq' cannot be created: hqq needs the package .* pip install"):
        load("hqq")


def test_bytes_are_those_of_all_nested_tensors() -> None:
    assert held_bytes([vectors(1), {"a": (torch.zeros(3, dtype=torch.uint8), 7, None)}]) == HEADS * SIZE * 4 + 3
