"""The ragged kernel against attention written out in float64, for all head layouts and ways of feeding tokens."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from kvguard_policies import RaggedCache, attention, prefill
from kvguard_policies.attention import RAGGED, attend, ragged_attention
from kvguard_policies.hf_cache import CompactCache, CompactLayer
from kvguard_policies.matmul_attention import _products
from tests.models import LAYOUTS, random_ids, random_model
from tests.policies.matrix import logits_after, plain_logits

SIZE, SCALING = 8, 0.4
HEADS = [(1, 4), (4, 1), (2, 3), (3, 2)]
KERNELS = ["sdpa", "eager", "matmul"]
LLAMA = type(random_model("llama-no-gqa").model.layers[0].self_attn)


def attention_module(group: int) -> nn.Module:
    """Return a module whose source file holds the eager attention function."""
    module = LLAMA.__new__(LLAMA)
    nn.Module.__init__(module)
    module.num_key_value_groups, module.layer_idx, module.is_causal = group, 0, True
    return module.eval()


def by_hand(query: Tensor, keys: Tensor, values: Tensor, seen: range) -> Tensor:
    """Attend from one query (D,) to the entries ``seen`` of keys and values (S, D)."""
    logits = keys[list(seen)].double() @ query.double() * SCALING
    return logits.softmax(0) @ values[list(seen)].double()


def random_states(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def attend_with(cache: RaggedCache, states: tuple[Tensor, Tensor, Tensor], window: int | None = None) -> Tensor:
    query, key, value = states
    keys, values = cache.update(key, value, 0)
    module = attention_module(query.shape[1] // key.shape[1])
    output, weights = attend(module, query, keys, values, None, scaling=SCALING, sliding_window=window)
    assert weights is None
    return output


def new_states(batch: int, heads: int, group: int, tokens: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    query = random_states(batch, heads * group, tokens, SIZE, seed=seed)
    return query, *(random_states(batch, heads, tokens, SIZE, seed=seed + n) for n in (1, 2))


@pytest.mark.parametrize("window", [None, 1, 3, 7, 50])
@pytest.mark.parametrize("block", [4, 512])
@pytest.mark.parametrize("under", KERNELS)
@pytest.mark.parametrize(("heads", "group"), HEADS)
def test_a_prefill_is_causal_attention(
    heads: int, group: int, under: str, block: int, window: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "QUERY_BLOCK", block)
    query, key, value = new_states(2, heads, group, 11)
    output = attend_with(RaggedCache(1, under), (query, key, value), window)
    for b in range(2):
        for h in range(heads * group):
            for q in range(11):
                seen = range(max(0, q + 1 - (window or 99)), q + 1)
                expected = by_hand(query[b, h, q], key[b, h // group], value[b, h // group], seen)
                torch.testing.assert_close(output[b, q, h].double(), expected, atol=1e-5, rtol=1e-4)


def random_context(counts: tuple[int, ...], seed: int) -> CompactCache:
    keys, values = (random_states(sum(counts), SIZE, seed=seed + n) for n in (0, 1))
    layer = CompactLayer(keys, values, counts, tuple(torch.arange(count) for count in counts))
    return CompactCache((layer,), 30, {})


@pytest.mark.parametrize("tokens", [1, 2, 5])
@pytest.mark.parametrize("under", KERNELS)
@pytest.mark.parametrize(("heads", "group"), HEADS)
def test_new_tokens_see_all_kept_entries_of_their_head_and_each_other_causally(
    heads: int, group: int, under: str, tokens: int
) -> None:
    counts = [tuple((3 * h + 5 * b) % 7 + (b == 0) for h in range(heads)) for b in range(3)]
    contexts = [random_context(count, seed=10 * b) for b, count in enumerate(counts)]
    states = new_states(3, heads, group, tokens, seed=77)
    output = attend_with(RaggedCache.of(contexts, under), states)
    query, key, value = states
    for b, context in enumerate(contexts):
        old_keys, old_values = (
            vectors.split(counts[b]) for vectors in (context.layers[0].keys, context.layers[0].values)
        )
        for h in range(heads * group):
            keys = torch.cat([old_keys[h // group], key[b, h // group]])
            values = torch.cat([old_values[h // group], value[b, h // group]])
            for q in range(tokens):
                expected = by_hand(query[b, h, q], keys, values, range(counts[b][h // group] + q + 1))
                torch.testing.assert_close(output[b, q, h].double(), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("under", KERNELS)
@pytest.mark.parametrize("window", [2, 4, 9])
def test_a_sliding_layer_sees_its_window_while_decoding(window: int, under: str) -> None:
    context = random_context((window - 1, window - 1), seed=5)
    states = new_states(1, 2, 2, 3, seed=50)
    output = attend_with(RaggedCache.of([context], under), states, window)
    query, key, value = states
    for h in range(4):
        keys = torch.cat([context.layers[0].keys.split(window - 1)[h // 2], key[0, h // 2]])
        values = torch.cat([context.layers[0].values.split(window - 1)[h // 2], value[0, h // 2]])
        for q in range(3):
            expected = by_hand(query[0, h, q], keys, values, range(q, window + q))
            torch.testing.assert_close(output[0, q, h].double(), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("tokens", [5, 8, 9, 40])
@pytest.mark.parametrize("head_layout", LAYOUTS)
def test_chunks_of_any_size_answer_as_one_prompt(head_layout: str, tokens: int) -> None:
    model, ids = random_model(head_layout), random_ids(tokens + 9)
    expected = plain_logits(model, ids)
    for under in KERNELS:
        cache = compress_nothing(model, ids[:tokens], under)
        suffix = logits_after(model, [cache], [ids[tokens:]], under)[0]
        torch.testing.assert_close(suffix, expected[tokens:], atol=5e-4, rtol=1e-3)


def compress_nothing(model, ids: list[int], under: str) -> CompactCache:  # type: ignore[no-untyped-def]
    from kvguard_policies import compress

    return compress(prefill(model, ids, kernel=under), None, 0)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.bfloat16, 0.15), (torch.float16, 0.03)])
def test_kernels_agree_in_half_precision_within_its_tolerance(dtype: torch.dtype, tolerance: float) -> None:
    states = tuple(state.to(dtype) for state in new_states(1, 3, 2, 6))
    outputs = [attend_with(RaggedCache(1, under), states) for under in KERNELS]
    for output in outputs[1:]:
        torch.testing.assert_close(output, outputs[0], atol=tolerance, rtol=0)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_logits_are_exact_though_products_are_rounded_to_half_precision(dtype: torch.dtype) -> None:
    query, key = (random_states(4, *shape, seed=n).to(dtype) * 4 for n, shape in enumerate(((3, 64), (200, 64))))
    exact = query.double() @ key.double().transpose(1, 2)
    assert float((exact - exact.to(dtype)).abs().max()) > 0.05, "what rounding alone would do"
    torch.testing.assert_close(_products(query, key.transpose(1, 2)).double(), exact, atol=4e-3, rtol=0)


def test_the_models_own_attention_is_back_after_nested_blocks() -> None:
    model = random_model("mistral")
    with ragged_attention(model):
        with ragged_attention(model):
            assert model.config._attn_implementation == RAGGED
        assert model.config._attn_implementation == RAGGED
    assert model.config._attn_implementation == "sdpa"


def test_the_rotation_of_a_layer_is_that_of_its_keys() -> None:
    for head_layout, layer in (("mistral", 0), ("gemma3-sliding", 1), ("gemma3-sliding", 0)):
        model = random_model(head_layout)
        cos, sin = attention.rotary_table(model, layer)(torch.tensor([0, 3]))
        assert torch.equal(cos[0], torch.ones_like(cos[0])) and not sin[0].any()
        frequency = float(torch.atan2(sin[1, 0], cos[1, 0]))
        assert frequency == pytest.approx(3.0, abs=1e-4), "the first pair turns by one radian per position"
    types = SimpleNamespace(
        **{name: attention.rotary_table(random_model("gemma3-sliding"), i) for i, name in enumerate(["slides", "full"])}
    )
    assert not torch.equal(types.slides(torch.tensor([50]))[0], types.full(torch.tensor([50]))[0])
