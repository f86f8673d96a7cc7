"""Where kvpress implements the same definition, the kept tokens are the same, in float32, on every head layout."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from importlib.util import find_spec
from typing import Any

import pytest
import torch

from kvguard_policies import compress, load, prefill
from kvguard_policies.policy import Layout
from kvguard_policies.presses.containment import import_kvpress
from tests.models import LAYOUTS, random_ids, random_model

if find_spec("kvpress") is None:
    pytest.skip("kvpress needs transformers < 5.3; see `make compatibility`", allow_module_level=True)
kvpress = import_kvpress()  # not a plain import, which would patch every attention function for all tests after it

TOKENS = 160
PAIRS = {
    "streaming_llm": lambda r: kvpress.StreamingLLMPress(r),
    "snapkv": lambda r: kvpress.SnapKVPress(r, window_size=16, kernel_size=5),
    "snapkv(window=7, kernel_size=3)": lambda r: kvpress.SnapKVPress(r, window_size=7, kernel_size=3),
    "tova": lambda r: kvpress.TOVAPress(r),
    "observed_attention": lambda r: kvpress.ObservedAttentionPress(r),
    "knorm": lambda r: kvpress.KnormPress(r),
    "keydiff": lambda r: kvpress.KeyDiffPress(r),
    "expected_attention": lambda r: kvpress.ExpectedAttentionPress(r),
    "expected_attention(covariance=False, value_norm=False)": lambda r: kvpress.ExpectedAttentionPress(
        r, use_covariance=False, use_vnorm=False
    ),
    "adakv(snapkv)": lambda r: kvpress.AdaKVPress(kvpress.SnapKVPress(r, window_size=16)),
    "adakv(knorm, safeguard=0.5)": lambda r: kvpress.AdaKVPress(kvpress.KnormPress(r), alpha_safeguard=0.5),
}
# The same scorer with counts that may differ by one entry per layer; see PyramidKV's docstring.
PYRAMID = ("pyramidkv(window=16)", lambda r: kvpress.PyramidKVPress(r, window_size=16))


@pytest.fixture(scope="module", params=[name for name in LAYOUTS if not name.startswith("gemma3")])
def model(request: pytest.FixtureRequest) -> Any:
    return random_model(request.param, layers=3)


@pytest.mark.parametrize("ratio", ["0.25", "0.5", "0.875"])
@pytest.mark.parametrize("spec", PAIRS)
def test_kept_tokens_are_those_of_kvpress(model: Any, spec: str, ratio: str) -> None:
    assert ours(model, spec, ratio) == theirs(model, PAIRS[spec](float(ratio)))


@pytest.mark.parametrize("ratio", ["0.25", "0.5", "0.6"])
def test_pyramidkv_differs_from_kvpress_by_the_rounding_of_layer_budgets_only(model: Any, ratio: str) -> None:
    spec, press = PYRAMID
    for mine, other in zip(ours(model, spec, ratio), theirs(model, press(float(ratio))), strict=True):
        for own_rows, other_rows in zip(mine, other, strict=True):
            small, large = sorted([set(own_rows), set(other_rows)], key=len)
            assert small <= large and len(large) - len(small) <= 1


def ours(model: Any, spec: str, ratio: str) -> list[list[list[int]]]:
    ids, policy = random_ids(TOKENS), load(spec)
    record = prefill(model, ids, needs=policy.needs(Layout(TOKENS)))
    cache = compress(record, policy, Fraction(ratio))
    return [[positions.tolist() for positions in layer.positions] for layer in cache.layers]


def theirs(model: Any, press: Any) -> list[list[list[int]]]:
    """Return the positions that kvpress keeps, identified by comparing keys with an uncompressed cache."""
    attention = "eager" if isinstance(press, kvpress.ObservedAttentionPress) else "sdpa"
    model.set_attn_implementation(attention)
    try:
        full, pressed = (fill_cache(model, p) for p in (None, press))
        return [list(kept_positions(model, i, full, pressed)) for i in range(len(full.layers))]
    finally:
        model.set_attn_implementation("sdpa")


def fill_cache(model: Any, press: Any) -> Any:
    from transformers import DynamicCache

    cache, ids = DynamicCache(), torch.tensor([random_ids(TOKENS)])
    with torch.no_grad():
        if press is None:
            model(ids, past_key_values=cache)
        else:
            with press(model):
                model(ids, past_key_values=cache)
    return cache


def kept_positions(model: Any, index: int, full: Any, pressed: Any) -> Iterator[list[int]]:
    attention = model.model.layers[index].self_attn
    masked = getattr(attention, "masked_key_indices", None)
    attention.masked_key_indices = None
    for head in range(full.layers[index].keys.shape[1]):
        if masked is not None:
            gone = set(masked[2][masked[1] == head].tolist())
            yield [position for position in range(TOKENS) if position not in gone]
        else:
            equal = pressed.layers[index].keys[0, head][:, None] == full.layers[index].keys[0, head][None]
            yield sorted(equal.all(-1).nonzero()[:, 1].tolist())
