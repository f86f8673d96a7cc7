"""Families that compute attention in code of their own run that code, over the kept entries at their tokens' places."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AttentionInterface, PreTrainedModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from kvguard_policies import followed_keys
from kvguard_policies.attention import ragged_attention
from kvguard_policies.compression import compress, prefill
from kvguard_policies.hf_cache import CompactCache, RaggedCache, cache_argument
from kvguard_policies.own_attention import own_attention
from kvguard_policies.policy import PolicyError
from kvguard_policies.records import Layout, UnreadCacheError
from kvguard_policies.spec import load
from pytest_kvguard.engine.self_check import check_model
from pytest_kvguard.errors import UsageError
from tests.families import family, loaded
from tests.models import random_model

TOKENS, QUESTION = 40, (5, 9, 13)

OWN: dict[str, dict[str, Any]] = {
    "GPTJConfig": {},
    "CodeGenConfig": {},
    "GPTNeoConfig": {"attention_types": [[["global", "local"], 1]], "window_size": 8},
    "XGLMConfig": {},
    "BloomConfig": {},
    "MptConfig": {},
    "FalconConfig": {},
    "FalconConfig (ALiBi)": {"alibi": True},
    "FalconConfig (groups)": {"new_decoder_architecture": True, "num_kv_heads": 2},
    "JetMoeConfig": {},
}


def own(name: str, kernel: str = "") -> PreTrainedModel:
    return family(name.split()[0], kernel=kernel, **OWN[name])


def context_ids(first: int = 0) -> list[int]:
    return [20 + (7 * (first + token)) % 60 for token in range(TOKENS)]


def half_of(model: PreTrainedModel, spec: str, ids: Sequence[int]) -> CompactCache:
    kernel = model.config._attn_implementation
    policy = load(spec)
    record = prefill(model, ids, Layout(len(ids)), policy.needs(Layout(len(ids))), kernel)
    return compress(record, policy, Fraction(1, 2))


@torch.no_grad()
def answers(model: PreTrainedModel, contexts: Sequence[CompactCache], *questions: Sequence[int]) -> Tensor:
    """Return the logits (B, Q, V) of questions of equal length, all rows in one batch."""
    kernel = model.config._attn_implementation
    cache = RaggedCache.of(contexts, kernel, len(questions[0]))
    starts = torch.tensor([context.seen_tokens for context in contexts])
    positions = starts[:, None] + torch.arange(len(questions[0]))
    with ragged_attention(model, kernel):
        return model(torch.tensor(questions), **cache_argument(model, cache), position_ids=positions).logits


@torch.no_grad()
def blocked_answer(
    model: PreTrainedModel, ids: Sequence[int], kept: CompactCache, monkeypatch: pytest.MonkeyPatch
) -> Tensor:
    """Return the logits of the question by the plain model, whose softmax sees of the context only what was kept."""
    softmax, layers = torch.nn.functional.softmax, iter(range(len(kept.layers)))
    context = kept.seen_tokens

    def blocking(logits: Tensor, *args: Any, **named: Any) -> Tensor:
        if logits.shape[-2:] != (len(ids), len(ids)):
            return softmax(logits, *args, **named)
        positions = kept.layers[next(layers)].positions
        rows = logits.reshape(-1, len(ids), len(ids)).clone()
        for head, row in enumerate(rows):
            gone = torch.ones(len(ids), dtype=torch.bool)
            gone[context:] = False
            gone[positions[head % len(positions) if is_tiled else head // (len(rows) // len(positions))]] = False
            row[context:, gone] = torch.finfo(row.dtype).min
        return softmax(rows.view_as(logits), *args, **named)

    is_tiled = model.config.model_type == "jetmoe"
    with monkeypatch.context() as patched:
        patched.setattr(torch.nn.functional, "softmax", blocking)
        patched.setattr(torch.nn.Softmax, "forward", lambda module, logits: blocking(logits, dim=module.dim))
        logits: Tensor = model(torch.tensor([list(ids)]), use_cache=False).logits[0, context:]
    assert next(layers, None) is None, "not every layer was blocked"
    return logits


@pytest.mark.parametrize("name", OWN)
def test_the_uncompressed_arm_is_the_model(name: str) -> None:
    model = own(name)
    assert own_attention(model) is not None
    assert check_model(loaded(model), model.config._attn_implementation).problem == ""


@pytest.mark.parametrize("spec", ["knorm", "snapkv"])
@pytest.mark.parametrize("name", OWN)
def test_an_evicted_entry_is_read_by_no_query(name: str, spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, ids = own(name, "eager"), context_ids()
    kept = half_of(model, spec, ids)
    assert kept.entries == sum(len(kept.layers[layer].counts) for layer in kept.compressible_layers) * TOKENS // 2
    expected = blocked_answer(model, [*ids, *QUESTION], kept, monkeypatch)
    assert torch.allclose(answers(model, [kept], QUESTION)[0], expected, atol=2e-4 * float(expected.std()))


@pytest.mark.parametrize("name", ["FalconConfig", "FalconConfig (groups)", "JetMoeConfig"])
def test_torch_s_own_attention_sees_what_the_code_beside_it_sees(name: str) -> None:
    ids = context_ids()
    eager, fused = (own(name, kernel) for kernel in ("eager", "sdpa"))
    replies = [answers(model, [half_of(model, "snapkv", ids)], QUESTION) for model in (eager, fused)]
    assert torch.allclose(*replies, atol=2e-4 * float(replies[0].std()))


@pytest.mark.parametrize("name", ["BloomConfig", "MptConfig", "GPTNeoConfig", "GPTJConfig"])
def test_rows_of_several_lengths_answer_as_they_do_alone(name: str) -> None:
    model = own(name)
    contexts = [half_of(model, "knorm", context_ids()), half_of(model, "knorm", context_ids(3)[:24])]
    questions = [QUESTION, QUESTION[::-1]]
    together = answers(model, contexts, *questions)
    alone = [answers(model, [context], question) for context, question in zip(contexts, questions, strict=True)]
    assert torch.allclose(together, torch.cat(alone), atol=2e-4 * float(together.std()))


def test_a_layer_with_a_window_is_left_alone_even_if_the_context_fits_into_it() -> None:
    model = own("GPTNeoConfig")
    known = own_attention(model)
    assert known is not None and known.windows == {1: 8}
    short = prefill(model, context_ids()[:6], kernel="eager")
    assert short.sliding == {1: 8} and short.compressible_layers == (0,)


def test_a_bias_by_key_is_part_of_what_attention_based_policies_read(monkeypatch: pytest.MonkeyPatch) -> None:
    model, ids = own("BloomConfig"), context_ids()
    with torch.no_grad():
        weights = model(torch.tensor([ids]), output_attentions=True).attentions[0][0]
    policy = load("tova")
    record = prefill(model, ids, Layout(TOKENS), policy.needs(Layout(TOKENS)), "eager")
    (need,) = record.recorder.observed[0]
    assert torch.allclose(record.recorder.observed[0][need][:, 0], weights[:, -1], atol=1e-5)


def test_a_bias_that_differs_by_query_is_refused_to_policies_that_read_attention(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, product = own("XGLMConfig"), torch.bmm

    def with_bias(left: Tensor, right: Tensor) -> Tensor:
        found = product(left, right)
        if not isinstance(found, followed_keys.Followed):
            return found
        places = torch.arange(found.shape[-1])
        return found + (places[-found.shape[-2] :, None] - places).square() * 1e-3

    assert own_attention(model)
    monkeypatch.setattr(torch, "bmm", with_bias)
    with pytest.raises(PolicyError, match=r"bias by position.*knorm"):
        half_of(model, "snapkv", context_ids())
    assert half_of(model, "knorm", context_ids()).entries


def test_code_whose_logits_are_lost_on_the_way_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed_keys, "RELAYOUT", followed_keys.RELAYOUT - {"reshape"})
    with pytest.raises(UnreadCacheError):
        half_of(own("XGLMConfig"), "knorm", context_ids())


def test_a_kernel_that_such_code_does_not_know_is_refused() -> None:
    AttentionInterface.register("test_kernel", lambda *given, **named: None)
    try:
        with pytest.raises(UsageError, match=r"cannot run on --kv-attn=test_kernel\. Use --kv-attn=eager or sdpa\.$"):
            loaded(own("FalconConfig")).check_kernel("test_kernel")
    finally:
        del ALL_ATTENTION_FUNCTIONS._global_mapping["test_kernel"]


def test_values_that_are_mixed_over_heads_are_refused() -> None:
    problem = check_model(loaded(family("DiffLlamaConfig", kernel="eager")), "eager").problem
    assert problem and "\n" not in problem


def test_families_that_call_a_registered_function_are_left_to_it() -> None:
    assert own_attention(random_model("llama-no-gqa")) is None
    assert own_attention(family("GPT2Config")) is None
